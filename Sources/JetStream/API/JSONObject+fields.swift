import Encoding
import JSON

/// Fields of responses. A field that is missing or of another type is zero, as in the Go structures of the server.
extension JSONObject {
  func text(_ key: String) -> String { self[key]?.stringValue ?? "" }

  func flag(_ key: String) -> Bool { self[key]?.boolValue ?? false }

  func integer(_ key: String) -> Int64 { self[key]?.integerValue ?? 0 }

  func count(_ key: String) -> Int { Int(clamping: max(integer(key), 0)) }

  func sequence(_ key: String) -> UInt64 {
    switch self[key] {
    case .integer(let value): UInt64(exactly: value) ?? 0
    case .unsigned(let value): value
    default: 0
    }
  }

  /// A duration in nanoseconds; nil if it is missing or zero.
  func duration(_ key: String) -> Duration? {
    let value = integer(key)
    return value > 0 ? .nanoseconds(value) : nil
  }

  func object(_ key: String) -> JSONObject { self[key]?.objectValue ?? JSONObject() }

  func texts(_ key: String) -> [String] { self[key]?.arrayValue?.compactMap(\.stringValue) ?? [] }

  /// A timestamp in Unix seconds; zero if it is missing.
  func time(_ key: String) -> Double { self[key]?.stringValue.flatMap(RFC3339.seconds) ?? 0 }
}

extension JSONValue {
  /// A duration in nanoseconds, as the server expects it.
  static func nanoseconds(_ duration: Duration) -> JSONValue { .integer(duration.nanoseconds) }
}

extension Duration {
  /// Whole nanoseconds, clamped to 64 bits.
  var nanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    if overflow { return seconds < 0 ? .min : .max }
    let (sum, overflows) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000)
    return overflows ? (seconds < 0 ? .min : .max) : sum
  }
}
