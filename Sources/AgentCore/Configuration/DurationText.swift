/// The textual form of durations in the configuration: the syntax of Go's `time.ParseDuration` (`500ms`, `1h30m`, `1.5h`), or
/// a bare number of seconds.
enum DurationText {
  enum Problem: Error, Equatable {
    case malformed
    case negative
    /// Over 63 bits of nanoseconds, about 292 years.
    case tooLong
  }

  static func parse(_ text: String) throws(Problem) -> Duration {
    var rest = text.utf8[...]
    var isNegative = false
    if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
      isNegative = sign == UInt8(ascii: "-")
      rest = rest.dropFirst()
    }
    guard !rest.isEmpty else { throw .malformed }
    var nanoseconds: Int64 = 0
    var isFirst = true
    while !rest.isEmpty {
      let part = try number(&rest)
      let name = String(Substring(rest.prefix { !isNumberByte($0) }))
      rest = rest.dropFirst(name.utf8.count)
      let unit: Int64
      if name.isEmpty, isFirst, rest.isEmpty {
        unit = 1_000_000_000
      } else if let known = Self.unit(name) {
        unit = known
      } else {
        throw .malformed
      }
      isFirst = false
      let (whole, overflow) = part.whole.multipliedReportingOverflow(by: unit)
      // The quotient is below `unit`, as the fraction is below its scale. The product may need 128 bits.
      let wide = UInt64(part.fraction).multipliedFullWidth(by: UInt64(unit))
      let fraction = Int64(UInt64(part.scale).dividingFullWidth(wide).quotient)
      let (sum, overflow2) = whole.addingReportingOverflow(fraction)
      let (total, overflow3) = nanoseconds.addingReportingOverflow(sum)
      guard !overflow, !overflow2, !overflow3 else { throw isNegative ? .negative : .tooLong }
      nanoseconds = total
    }
    if isNegative, nanoseconds > 0 { throw .negative }
    return .nanoseconds(nanoseconds)
  }

  /// The text of a duration that is not negative, in a form that ``parse(_:)`` accepts.
  static func text(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    let nanoseconds = attoseconds / 1_000_000_000
    guard nanoseconds == 0 else {
      return nanoseconds.isMultiple(of: 1_000_000)
        ? "\(seconds * 1000 + nanoseconds / 1_000_000)ms" : "\(seconds)s\(nanoseconds)ns"
    }
    for (unit, name) in [(Int64(3600), "h"), (60, "m")] where seconds >= unit && seconds.isMultiple(of: unit)
    {
      return "\(seconds / unit)\(name)"
    }
    return "\(seconds)s"
  }

  /// Parses digits with at most one decimal point. Digits of the fraction after the ninth are ignored.
  private static func number(
    _ rest: inout Substring.UTF8View
  ) throws(Problem) -> (whole: Int64, fraction: Int64, scale: Int64) {
    var whole: Int64 = 0
    var fraction: Int64 = 0
    var scale: Int64 = 1
    var count = 0
    var isFraction = false
    var isTooLong = false
    while let byte = rest.first, isNumberByte(byte) {
      rest = rest.dropFirst()
      if byte == UInt8(ascii: ".") {
        guard !isFraction else { throw .malformed }
        isFraction = true
        continue
      }
      count &+= 1
      let digit = Int64(byte - UInt8(ascii: "0"))
      if !isFraction {
        let (tens, overflow) = whole.multipliedReportingOverflow(by: 10)
        let (sum, overflow2) = tens.addingReportingOverflow(digit)
        isTooLong = isTooLong || overflow || overflow2
        whole = sum
      } else if scale < 1_000_000_000 {
        fraction = fraction * 10 + digit
        scale *= 10
      }
    }
    guard count > 0 else { throw .malformed }
    guard !isTooLong else { throw .tooLong }
    return (whole, fraction, scale)
  }

  private static func isNumberByte(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: ".")
  }

  private static func unit(_ name: String) -> Int64? {
    switch name {
    case "ns": 1
    case "us", "\u{B5}s", "\u{3BC}s": 1_000
    case "ms": 1_000_000
    case "s": 1_000_000_000
    case "m": 60_000_000_000
    case "h": 3_600_000_000_000
    default: nil
    }
  }
}
