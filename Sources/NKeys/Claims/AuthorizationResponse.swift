/// What an auth callout answers: the `nats` part of the claims (ADR-26). Exactly one of the two is set.
public struct AuthorizationResponse: Codable, Sendable, Hashable {
  /// The JWT of the user that the connection becomes.
  public let jwt: String?
  /// Why it is refused; for the server's log, the client is not told.
  public let error: String?
  /// `authorization_response`.
  public var type = "authorization_response"
  /// 2.
  public var version = 2

  /// The connection is let in.
  public init(jwt: String) {
    self.jwt = jwt
    error = nil
  }

  /// It is refused.
  public init(error: String) {
    jwt = nil
    self.error = error
  }
}
