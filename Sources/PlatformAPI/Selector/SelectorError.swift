/// What is wrong with the text of a ``Selector``, and where.
public struct SelectorError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is wrong.
  public enum Reason: Sendable, Hashable {
    /// There is nothing in it.
    case empty
    /// It is longer than ``Selector/maximumLength``.
    case tooLong
    /// More than ``Selector/maximumRequirements``.
    case tooManyRequirements
    /// More than ``Selector/maximumValues`` in one list.
    case tooManyValues
    /// A key or value is longer than ``Selector/maximumWord``.
    case wordTooLong
    /// A label or field is missing.
    case noKey
    /// A value is missing.
    case noValue
    /// A list of values is missing its beginning.
    case noList
    /// A list of values is missing its end.
    case unclosedList
    /// A quote is missing its end.
    case unclosedQuote
    /// Something stands where a comma or the end should.
    case noComma
    /// A field that has few values is compared with none of them.
    case unknownValue(String, of: String, allowed: [String])
    /// A character that no key begins with.
    case unexpected(String)
  }

  /// What is wrong.
  public var reason: Reason
  /// Where: the number of the byte, from 0.
  public var offset: Int

  init(_ reason: Reason, at offset: Int) {
    self.reason = reason
    self.offset = offset
  }

  /// One line, for whoever wrote it.
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
