/// An error of a key, a credentials file or a JWT. Contains no secret.
public struct NKeyError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kind of error; more may be added.
  public struct Code: Sendable, Hashable {
    private let name: String

    private init(_ name: String) {
      self.name = name
    }

    /// The text is not an nkey: its length, alphabet, checksum or prefix is wrong.
    public static let invalidKey = Code("invalidKey")
    /// The key is valid, but of the wrong kind.
    public static let wrongKind = Code("wrongKind")
    /// The file cannot be read, or its content is incomplete.
    public static let invalidCredentials = Code("invalidCredentials")
    /// The text is not a NATS JWT, or lacks required claims.
    public static let invalidToken = Code("invalidToken")
    /// The JWT was not signed by the key that it names.
    public static let badSignature = Code("badSignature")
    /// A signature could not be created.
    public static let signingFailed = Code("signingFailed")
  }

  /// The kind of error.
  public let code: Code

  /// The cause and the remedy.
  public let message: String

  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// The message.
  public var description: String { message }
}
