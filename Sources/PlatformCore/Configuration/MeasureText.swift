/// Durations and sizes in the format of the configuration.
enum MeasureText {
  /// Parses `500ms`, `30s`, `15m`, `1h30m`, `7d`, or a bare number of seconds; nil for anything else, and for more
  /// than a century.
  static func duration(_ text: String) -> Duration? {
    let units: [String: Int64] = ["ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
    let century: Int64 = 36_525 * 86_400_000
    var rest = text[...]
    var milliseconds: Int64 = 0
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
      guard let number = number(&rest) else { return nil }
      let name = String(rest.prefix { !$0.isASCII || !$0.isNumber })
      rest = rest.dropFirst(name.count)
      let isBare = name.isEmpty && milliseconds == 0 && rest.isEmpty
      guard let unit = isBare ? 1000 : units[name], number <= century / unit else { return nil }
      milliseconds += number * unit
      guard milliseconds <= century else { return nil }
    }
    return .milliseconds(milliseconds)
  }

  /// Parses `512KiB`, `256MiB`, `1GiB`, `2TiB`, the same with `KB`, `MB`, `GB`, `TB` (powers of 1000), or a bare
  /// number of bytes; nil for anything else.
  static func bytes(_ text: String) -> Int64? {
    let units: [String: Int64] = [
      "": 1, "B": 1, "KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30, "TIB": 1 << 40,
      "KB": 1000, "MB": 1_000_000, "GB": 1_000_000_000, "TB": 1_000_000_000_000,
    ]
    var rest = text[...]
    guard let number = number(&rest) else { return nil }
    let name = rest.drop { $0 == " " }.uppercased()
    guard let unit = units[name] else { return nil }
    let (value, overflow) = number.multipliedReportingOverflow(by: unit)
    return overflow ? nil : value
  }

  private static func number(_ rest: inout Substring) -> Int64? {
    let digits = rest.prefix { $0.isASCII && $0.isNumber }
    rest = rest.dropFirst(digits.count)
    return Int64(digits)
  }

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
