/// A requirement of a ``Selector``.
public struct SelectorRequirement: Sendable, Hashable {
  /// A condition on the value of a label or field.
  public enum Condition: Sendable, Hashable {
    /// It exists.
    case exists
    /// It does not exist.
    case absent
    /// It exists and matches one of the patterns.
    case isOneOf([SelectorPattern])
    /// It does not exist, or matches none of the patterns.
    case isNoneOf([SelectorPattern])
  }

  /// The name of the label or field.
  public var key: String
  /// The condition on its value.
  public var condition: Condition

  /// Creates a requirement.
  public init(_ key: String, _ condition: Condition) {
    self.key = key
    self.condition = condition
  }

  /// Whether a value meets the condition; nil: the label or field does not exist.
  public func matches(_ value: String?) -> Bool {
    switch condition {
    case .exists: value != nil
    case .absent: value == nil
    case .isOneOf(let patterns): value.map { value in patterns.contains { $0.matches(value) } } ?? false
    case .isNoneOf(let patterns): value.map { value in !patterns.contains { $0.matches(value) } } ?? true
    }
  }
}
