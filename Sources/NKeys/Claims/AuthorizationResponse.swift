/// The response of an auth callout: the `nats` part of the claims (ADR-26). It has either a JWT or an error.
public struct AuthorizationResponse: Codable, Sendable, Hashable {
  /// The user JWT of the connection.
  public let jwt: String?
  /// The reason of the rejection, which the server logs and does not send to the client.
  public let error: String?
  /// `authorization_response`.
  public var type = "authorization_response"
  /// 2.
  public var version = 2

  /// Accepts the connection.
  public init(jwt: String) {
    self.jwt = jwt
    error = nil
  }

  /// Rejects the connection.
  public init(error: String) {
    jwt = nil
    self.error = error
  }
}
