/// A syntax error in a ``Selector``.
public struct SelectorError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kind of error.
  public enum Reason: Sendable, Hashable {
    /// The selector is empty.
    case empty
    /// The selector is longer than ``Selector/maximumLength``.
    case tooLong
    /// There are more than ``Selector/maximumRequirements``.
    case tooManyRequirements
    /// A list has more than ``Selector/maximumValues``.
    case tooManyValues
    /// A key or value is longer than ``Selector/maximumWord``.
    case wordTooLong
    /// A label or field name is missing.
    case noKey
    /// A value is missing.
    case noValue
    /// The parenthesis that opens a list is missing.
    case noList
    /// The parenthesis that closes a list is missing.
    case unclosedList
    /// The closing quote is missing.
    case unclosedQuote
    /// The comma after a requirement is missing.
    case noComma
    /// A field that has few values is compared with a value that it never has.
    case unknownValue(String, of: String, allowed: [String])
    /// A character that cannot begin a key.
    case unexpected(String)
  }

  /// The kind of error.
  public var reason: Reason
  /// The position of the error: a byte offset from 0.
  public var offset: Int

  init(_ reason: Reason, at offset: Int) {
    self.reason = reason
    self.offset = offset
  }

  /// One line that names the error and its position.
  public var description: String { "\(explanation), at character \(offset + 1)" }

  private var explanation: String {
    switch reason {
    case .empty: "the selector is empty; give none for all agents"
    case .tooLong: "the selector is longer than \(Selector.maximumLength) bytes"
    case .tooManyRequirements: "the selector has more than \(Selector.maximumRequirements) requirements"
    case .tooManyValues: "a list has more than \(Selector.maximumValues) values"
    case .wordTooLong: "a name or value is longer than \(Selector.maximumWord) bytes"
    case .noKey: "a label's name is missing"
    case .noValue: "a value is missing (an empty one is written \"\")"
    case .noList: "a list in parentheses is missing, as in: region in (a,b)"
    case .unclosedList: "a list is not closed with )"
    case .unclosedQuote: "a quote is not closed"
    case .noComma: "a comma is missing between two requirements"
    case .unknownValue(let value, let field, let allowed):
      "\(field) is never \(value): it is one of \(allowed.joined(separator: ", "))"
    case .unexpected(let character): "\(character) cannot stand here"
    }
  }
}
