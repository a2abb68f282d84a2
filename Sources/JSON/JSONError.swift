/// Why bytes are not the JSON that was expected, and where.
public struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What was found.
  public enum Reason: String, Sendable {
    /// The bytes end inside a value.
    case truncated = "ends inside a value"
    /// A byte that no rule of the grammar allows there.
    case unexpectedByte = "unexpected byte"
    /// An escape that JSON does not have, or an unescaped control character.
    case invalidString = "invalid string"
    /// A number that does not follow the grammar.
    case invalidNumber = "invalid number"
    /// Bytes that are not UTF-8.
    case invalidUTF8 = "not UTF-8"
    /// More levels of arrays and objects than the reader accepts.
    case tooDeep = "nested too deeply"
    /// Bytes after the value.
    case trailingBytes = "bytes after the value"
    /// Not an object where one is required.
    case notAnObject = "not an object"
  }

  /// What was found.
  public var reason: Reason
  /// The offset of the byte, from 0.
  public var offset: Int

  /// An error at an offset.
  public init(_ reason: Reason, at offset: Int) {
    self.reason = reason
    self.offset = offset
  }

  /// The reason and the offset.
  public var description: String { "\(reason.rawValue) at byte \(offset)" }
}
