import ArgumentParser

/// A duration on the command line: `500ms`, `30s`, `5m`, `1h30m`, `7d`. A bare number means seconds. Greater than 0, at most
/// 30 days.
struct DurationArgument: Sendable, Hashable, ExpressibleByArgument {
  let milliseconds: Int64

  /// The placeholder in the help and in validation errors.
  static let valueName = "30s|5m|1h30m"

  init(seconds: Int64) { milliseconds = seconds * 1000 }

  init?(argument: String) {
    guard let read = Self.orZero(argument), read.milliseconds > 0 else { return nil }
    self = read
  }

  private init(milliseconds: Int64) { self.milliseconds = milliseconds }

  /// Parses a duration that may be zero, such as `0`, `0s` or `0m`. Returns nil if the text is not a duration.
  static func orZero(_ argument: String) -> DurationArgument? {
    let units: [(String, Int64)] = [
      ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]
    var total: Int64 = 0
    var rest = argument[...]
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      guard let number = Int64(digits), number <= 2_592_000_000 else { return nil }
      rest = rest.dropFirst(digits.count)
      let name = rest.prefix { $0.isASCII && $0.isLetter }
      rest = rest.dropFirst(name.count)
      if name.isEmpty {
        guard rest.isEmpty, digits.count == argument.count else { return nil }
        total = number * 1000
      } else {
        guard let unit = units.first(where: { $0.0 == name }) else { return nil }
        let (part, overflow) = number.multipliedReportingOverflow(by: unit.1)
        guard !overflow else { return nil }
        total += part
      }
      guard total <= 2_592_000_000 else { return nil }
    }
    return DurationArgument(milliseconds: total)
  }

  var duration: Duration { .milliseconds(milliseconds) }
  /// Whole seconds, rounded up, as the platform API takes them.
  var seconds: Int64 { (milliseconds + 999) / 1000 }
  /// The default value in the help.
  var defaultValueDescription: String { "\(seconds)s" }
}
