import Encoding
import PlatformAPI

/// Durations and sizes in the format of the configuration.
enum MeasureText {
  /// Parses `500ms`, `30s`, `15m`, `1h30m`, `7d`, or a bare number of seconds; nil for anything else, and for more
  /// than a century.
  static func duration(_ text: String) -> Duration? {
    let units: [ExactString: Int64] = ["ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
    let century: Int64 = 36_525 * 86_400_000
    var rest = text.utf8[...]
    var milliseconds: Int64 = 0
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
      guard let number = number(&rest) else { return nil }
      let name = rest.prefix { !isDigit($0) }
      rest = rest.dropFirst(name.count)
      let isBare = name.isEmpty && milliseconds == 0 && rest.isEmpty
      let unit = isBare ? 1000 : units[ExactString(String(decoding: name, as: UTF8.self))]
      guard let unit, number <= century / unit else { return nil }
      milliseconds += number * unit
      guard milliseconds <= century else { return nil }
    }
    return .milliseconds(milliseconds)
  }

  /// Parses `512KiB`, `256MiB`, `1GiB`, `2TiB`, the same with `KB`, `MB`, `GB`, `TB` (powers of 1000), or a bare
  /// number of bytes, in any case; nil for anything else.
  static func bytes(_ text: String) -> Int64? {
    let units: [ExactString: Int64] = [
      "": 1, "b": 1, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
      "kb": 1000, "mb": 1_000_000, "gb": 1_000_000_000, "tb": 1_000_000_000_000,
    ]
    var rest = text.utf8[...]
    guard let number = number(&rest) else { return nil }
    let name = String(decoding: rest.drop { $0 == UInt8(ascii: " ") }, as: UTF8.self).asciiLowercased
    guard let unit = units[ExactString(name)] else { return nil }
    let (value, overflow) = number.multipliedReportingOverflow(by: unit)
    return overflow ? nil : value
  }

  private static func number(_ rest: inout String.UTF8View.SubSequence) -> Int64? {
    let digits = rest.prefix(while: isDigit)
    rest = rest.dropFirst(digits.count)
    return Int64(String(decoding: digits, as: UTF8.self))
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  /// Formats a duration.
  static func text(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    let milliseconds = attoseconds / 1_000_000_000_000_000
    if milliseconds != 0 { return "\(seconds * 1000 + milliseconds)ms" }
    for (unit, name) in [(Int64(86_400), "d"), (3600, "h"), (60, "m")]
    where seconds >= unit && seconds.isMultiple(of: unit) {
      return "\(seconds / unit)\(name)"
    }
    return "\(seconds)s"
  }

  /// Formats a size.
  static func text(bytes: Int64) -> String {
    for (unit, name) in [(Int64(1) << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")]
    where bytes >= unit && bytes.isMultiple(of: unit) {
      return "\(bytes / unit)\(name)"
    }
    return "\(bytes)"
  }
}
