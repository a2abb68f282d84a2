/// A violation of the JSON grammar (RFC 8259) or of a limit of ``JSONReader``, and its position.
public struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kinds of violation.
  public enum Reason: String, Sendable {
    /// The input ends inside a value.
    case truncated = "ends inside a value"
    /// A byte that the grammar does not allow at this position.
    case unexpectedByte = "unexpected byte"
    /// An unknown escape sequence, or an unescaped control character.
    case invalidString = "invalid string"
    /// A number that does not follow the grammar.
    case invalidNumber = "invalid number"
    /// Bytes that are not UTF-8.
    case invalidUTF8 = "not UTF-8"
    /// More nested arrays and objects than ``JSONReader/maximumDepth``.
    case tooDeep = "nested too deeply"
    /// Bytes after the value.
    case trailingBytes = "bytes after the value"
    /// Not an object where one is required.
    case notAnObject = "not an object"
  }

  /// The kind of violation.
  public var reason: Reason
  /// The offset in the input, in bytes.
  public var offset: Int

  /// Creates an error at an offset.
  public init(_ reason: Reason, at offset: Int) {
    self.reason = reason
    self.offset = offset
  }

  /// The reason and the offset.
  public var description: String { "\(reason.rawValue) at byte \(offset)" }
}
