/// The credentials that a client sends in CONNECT.
public enum NATSCredentials: Sendable, CustomStringConvertible, CustomDebugStringConvertible {
  /// Signs the server's nonce with an Ed25519 key and returns the 64 bytes of the signature.
  public typealias Signature = @Sendable (_ nonce: [UInt8]) throws -> [UInt8]

  /// No credentials.
  case none
  /// A user name and its password.
  case userPassword(String, String)
  /// An authentication token.
  case token(String)
  /// A public user nkey (`U…`) and its signature over the server's nonce.
  case nkey(publicKey: String, sign: Signature)
  /// A user JWT and the signature by the nkey that the JWT was issued to.
  case jwt(String, sign: Signature)

  /// The kind of the credentials, without their content.
  public var description: String {
    switch self {
    case .none: "none"
    case .userPassword: "user and password (redacted)"
    case .token: "token (redacted)"
    case .nkey: "nkey (redacted)"
    case .jwt: "JWT (redacted)"
    }
  }

  /// Same as ``description``, so that no secret is logged.
  public var debugDescription: String { description }
}
