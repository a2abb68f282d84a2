/// What a server asks an auth callout: the `nats` part of the claims (ADR-26). What a server leaves out is empty here.
public struct AuthorizationRequest: Codable, Sendable {
  /// What JWTs of this kind are meant for (`aud`).
  public static let audience = "nats-authorization-request"
  /// Where servers ask, in the account that their configuration names.
  public static let subject = "$SYS.REQ.USER.AUTH"
  /// The header that holds the server's x25519 key when the request is encrypted.
  public static let keyHeader = "Nats-Server-Xkey"

  /// The server that asks.
  public struct Server: Codable, Sendable {
    /// Its public key, which is its id too.
    public var id: String
    /// Its name.
    public var name: String?
    /// Its version.
    public var version: String?
    /// Its cluster.
    public var cluster: String?
    /// Its x25519 key, when it wants the answer encrypted.
    public var xkey: String?
  }

  /// The connection that is asked about.
  public struct Client: Codable, Sendable {
    /// The address that it comes from.
    public var host: String?
    /// Its number on that server.
    public var id: UInt64?
    /// The name that it claims.
    public var user: String?
    /// What it calls itself.
    public var name: String?
    /// `Client` or `Leafnode`.
    public var kind: String?
    /// `nats`, `mqtt` or `websocket`.
    public var type: String?
  }

  /// What it showed to be let in.
  public struct Options: Codable, Sendable {
    /// The name that it claims.
    public var user: String?
    /// The secret that goes with it.
    public var pass: String?
    /// What it calls itself.
    public var name: String?
    /// The language that it is written in.
    public var lang: String?
    /// Its version.
    public var version: String?
  }

  /// The server that asks.
  public var server: Server
  /// The key that the answer has to be about.
  public var userKey: String
  /// The connection.
  public var client: Client
  /// What it showed.
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
