import Encoding
internal import Glibc

/// A time in UTC with milliseconds, encoded as in RFC 3339: `2026-01-02T03:04:05.678Z`.
struct LogTimestamp: Equatable {
  /// Seconds since 1970.
  var seconds: Int
  /// 0 to 999.
  var milliseconds: Int

  static func now() -> LogTimestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return LogTimestamp(seconds: time.tv_sec, milliseconds: time.tv_nsec / 1_000_000)
  }

  func append(to bytes: inout [UInt8]) {
    RFC3339.append(seconds: seconds, milliseconds: milliseconds, to: &bytes)
  }
}
