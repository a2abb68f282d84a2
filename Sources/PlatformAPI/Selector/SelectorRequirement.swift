/// One condition of a ``Selector``.
public struct SelectorRequirement: Sendable, Hashable {
  /// What is asked of the value.
  public enum Condition: Sendable, Hashable {
    /// It is there.
    case exists
    /// It is not there.
    case absent
    /// It is there, and one of these fits.
    case isOneOf([SelectorPattern])
    /// It is not there, or none of these fits.
    case isNoneOf([SelectorPattern])
  }

  /// The label or field.
  public var key: String
  /// What is asked of its value.
  public var condition: Condition

  /// A condition.
  public init(_ key: String, _ condition: Condition) {
    self.key = key
    self.condition = condition
  }

  /// Whether a value, or the lack of one, is as asked.
  public func matches(_ value: String?) -> Bool {
    switch condition {
    case .exists: value != nil
    case .absent: value == nil
    case .isOneOf(let patterns): value.map { value in patterns.contains { $0.matches(value) } } ?? false
    case .isNoneOf(let patterns): value.map { value in !patterns.contains { $0.matches(value) } } ?? true
    }
  }
}
