/// The request of a server to an auth callout: the `nats` part of the claims (ADR-26). Omitted fields are empty.
public struct AuthorizationRequest: Codable, Sendable {
  /// The audience of the JWT (`aud`).
  public static let audience = "nats-authorization-request"
  /// The subject of the requests, in the account configured on the servers.
  public static let subject = "$SYS.REQ.USER.AUTH"
  /// The header with the server's x25519 key if the request is encrypted.
  public static let keyHeader = "Nats-Server-Xkey"

  /// The requesting server.
  public struct Server: Codable, Sendable {
    /// Its public key, which is also its id.
    public var id: String
    /// Its name.
    public var name: String?
    /// Its version.
    public var version: String?
    /// Its cluster.
    public var cluster: String?
    /// Its x25519 key if the response has to be encrypted.
    public var xkey: String?
  }

  /// The connection to authorize.
  public struct Client: Codable, Sendable {
    /// The remote address.
    public var host: String?
    /// Its id on the server.
    public var id: UInt64?
    /// The user name of the connection.
    public var user: String?
    /// The name of the client.
    public var name: String?
    /// `Client` or `Leafnode`.
    public var kind: String?
    /// `nats`, `mqtt` or `websocket`.
    public var type: String?
  }

  /// The credentials and options of the connection.
  public struct Options: Codable, Sendable {
    /// The user name.
    public var user: String?
    /// The password.
    public var pass: String?
    /// The name of the client.
    public var name: String?
    /// The language of the client.
    public var lang: String?
    /// The version of the client.
    public var version: String?
  }

  /// The requesting server.
  public var server: Server
  /// The public key that the user JWT has to be issued for.
  public var userKey: String
  /// The connection to authorize.
  public var client: Client
  /// The credentials and options of the connection.
  public var options: Options
  /// `authorization_request`.
  public var type: String
  /// 2.
  public var version: Int

  enum CodingKeys: String, CodingKey {
    case server = "server_id"
    case userKey = "user_nkey"
    case client = "client_info"
    case options = "connect_opts"
    case type, version
  }
}

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
