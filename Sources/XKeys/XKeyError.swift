/// An error of encryption or decryption. Contains no secret.
public struct XKeyError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kind of error; more may be added.
  public struct Code: Sendable, Hashable {
    private let name: String

    private init(_ name: String) {
      self.name = name
    }

    /// The text is not an x25519 key, or the key is unusable.
    public static let invalidKey = Code("invalidKey")
    /// The bytes are not a message encrypted with these keys.
    public static let invalidBox = Code("invalidBox")
    /// libsodium can't be initialised.
    public static let unavailable = Code("unavailable")
  }

  /// The kind of error.
  public let code: Code

  /// The cause and the remedy.
  public let message: String

  init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// The message.
  public var description: String { message }
}
