import Clocks
import Encoding

/// A time in UTC with milliseconds, encoded as in RFC 3339: `2026-01-02T03:04:05.678Z`.
struct LogTimestamp: Equatable {
  /// Seconds since 1970.
  var seconds: Int
  /// 0 to 999.
  var milliseconds: Int

  static func now() -> LogTimestamp {
    let (seconds, nanoseconds) = WallClock.reading
    return LogTimestamp(seconds: seconds, milliseconds: nanoseconds / 1_000_000)
  }

  func append(to bytes: inout [UInt8]) {
    RFC3339.append(seconds: seconds, milliseconds: milliseconds, to: &bytes)
  }
}
