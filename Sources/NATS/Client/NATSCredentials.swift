/// What a client shows to a server to prove who it is.
public enum NATSCredentials: Sendable, CustomStringConvertible, CustomDebugStringConvertible {
  /// Signs the server's nonce with an ed25519 key; 64 bytes come back.
  public typealias Signature = @Sendable (_ nonce: [UInt8]) throws -> [UInt8]

  /// Nothing.
  case none
  /// A user name and its password.
  case userPassword(String, String)
  /// An authentication token.
  case token(String)
  /// A public user nkey (`U…`) and its signature over the server's nonce.
  case nkey(publicKey: String, sign: Signature)
  /// A user JWT, and a signature by the nkey it was issued to.
  case jwt(String, sign: Signature)

  /// The kind of credentials, without any of their content.
  public var description: String {
    switch self {
    case .none: "none"
    case .userPassword: "user and password (redacted)"
    case .token: "token (redacted)"
    case .nkey: "nkey (redacted)"
    case .jwt: "JWT (redacted)"
    }
  }

  /// The same as ``description``: a debugger's log is a log too.
  public var debugDescription: String { description }
}
