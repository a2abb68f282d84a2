/// Why a key, a credentials file or a JWT cannot be used. Never holds a secret.
public struct NKeyError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kind of failure; more may be added.
  public struct Code: Sendable, Hashable {
    private let name: String

    private init(_ name: String) {
      self.name = name
    }

    /// The text is no nkey: length, alphabet, checksum or prefix are wrong.
    public static let invalidKey = Code("invalidKey")
    /// The key is a good one of another kind than is needed.
    public static let wrongKind = Code("wrongKind")
    /// The file cannot be read or does not hold what it should.
    public static let invalidCredentials = Code("invalidCredentials")
    /// The text is no NATS JWT, or its content is not what is needed.
    public static let invalidToken = Code("invalidToken")
    /// The JWT was not signed by the key that it names.
    public static let badSignature = Code("badSignature")
    /// A signature could not be made.
    public static let signingFailed = Code("signingFailed")
  }

  /// The kind of failure.
  public let code: Code

  /// What happened, and what to do.
  public let message: String

  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// The message.
  public var description: String { message }
}
