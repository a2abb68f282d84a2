/// Why something could not be encrypted or decrypted. Never holds a secret.
public struct XKeyError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kind of failure; more may be added.
  public struct Code: Sendable, Hashable {
    private let name: String

    private init(_ name: String) {
      self.name = name
    }

    /// The text is no x25519 key, or a key that cannot be used.
    public static let invalidKey = Code("invalidKey")
    /// The bytes are no message of the other key.
    public static let invalidBox = Code("invalidBox")
    /// libsodium does not work on this machine.
    public static let unavailable = Code("unavailable")
  }

  /// The kind of failure.
  public let code: Code

  /// What happened, and what to do.
  public let message: String

  init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// The message.
  public var description: String { message }
}
