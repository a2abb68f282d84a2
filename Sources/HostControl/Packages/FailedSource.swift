import Encoding
public import JSON

/// A package source that could not be updated or downloaded from.
public struct FailedSource: Sendable, Hashable {
  /// The address and suite, as in apt's messages: `https://deb.example.com/debian bookworm`. Without user and password.
  public var source: String
  /// The reason in apt's message, at most ``reasonLimit`` bytes.
  public var reason: String

  /// The most bytes of a reason that are kept.
  static let reasonLimit = 300
  /// The most failed sources that are kept of one update.
  static let countLimit = 50

  /// Describes a failed source.
  public init(source: String, reason: String) {
    self.source = source
    self.reason = reason
  }

  /// Appends the failures of sources that are not in the list, up to ``countLimit``.
  static func add(_ failures: [FailedSource], to list: inout [FailedSource]) {
    for failure in failures
    where list.count < countLimit && !list.contains(where: { $0.source.hasSameBytes(as: failure.source) }) {
      list.append(failure)
    }
  }

  /// The first five failures as one text; empty when there are none.
  public static func summary(of failures: [FailedSource]) -> String {
    let shown = failures.prefix(5)
    let rest = failures.count - shown.count
    return shown.map { "\($0.source) (\($0.reason))" }.joined(separator: ", ")
      + (rest > 0 ? " and \(rest) more" : "")
  }

  /// The JSON form, as reported.
  public var json: JSONValue { ["source": .string(source), "reason": .string(reason)] }
}
