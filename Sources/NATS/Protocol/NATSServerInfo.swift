import JSON

/// What a server says of itself when a connection begins, and again whenever something changes.
///
/// Fields that a server leaves out have the value that its absence means.
public struct NATSServerInfo: Sendable, Hashable {
  /// The identity of the server process.
  public var serverID: String
  /// The name of the server.
  public var serverName: String
  /// Its version, such as `2.14.0`.
  public var version: String
  /// The version of the client protocol it speaks.
  public var proto: Int
  /// The host it listens on.
  public var host: String
  /// The port it listens on.
  public var port: Int
  /// Whether messages may carry headers.
  public var headers: Bool
  /// The most bytes of headers and payload together that it takes in one message.
  public var maxPayload: Int
  /// The number of this connection on that server.
  public var clientID: UInt64?
  /// The address it sees this client under.
  public var clientIP: String?
  /// Whether credentials are asked for.
  public var authRequired: Bool
  /// Whether the connection has to go on in TLS.
  public var tlsRequired: Bool
  /// Whether the connection may go on in TLS.
  public var tlsAvailable: Bool
  /// The nonce to sign with an nkey.
  public var nonce: String?
  /// The name of its cluster.
  public var cluster: String?
  /// `host:port` of the servers of its cluster, itself among them.
  public var connectURLs: [String]
  /// The same for WebSocket connections.
  public var webSocketConnectURLs: [String]
  /// Whether it is about to shut down and asks its clients to leave.
  public var lameDuckMode: Bool
  /// Whether JetStream is on.
  public var jetStream: Bool

  /// Reads the JSON of an INFO operation, which may hold anything.
  ///
  /// - Throws: ``JSONError``.
  init(json bytes: [UInt8]) throws(JSONError) {
    guard let json = try JSONReader.parse(bytes).objectValue else { throw JSONError(.notAnObject, at: 0) }
    serverID = json["server_id"]?.stringValue ?? ""
    serverName = json["server_name"]?.stringValue ?? ""
    version = json["version"]?.stringValue ?? ""
    proto = Int(clamping: json["proto"]?.integerValue ?? 0)
    host = json["host"]?.stringValue ?? ""
    port = Int(clamping: json["port"]?.integerValue ?? 0)
    headers = json["headers"]?.boolValue ?? false
    let limit = Int(clamping: json["max_payload"]?.integerValue ?? 0)
    // A server has 64 MiB at most (max_payload of nats-server); sums of it must not overflow.
    maxPayload = limit > 0 ? min(limit, 64 << 20) : 1 << 20
    clientID = json["client_id"]?.integerValue.flatMap { UInt64(exactly: $0) }
    clientIP = json["client_ip"]?.stringValue
    authRequired = json["auth_required"]?.boolValue ?? false
    tlsRequired = json["tls_required"]?.boolValue ?? false
    tlsAvailable = json["tls_available"]?.boolValue ?? false
    nonce = json["nonce"]?.stringValue
    cluster = json["cluster"]?.stringValue
    connectURLs = json["connect_urls"]?.arrayValue?.compactMap(\.stringValue) ?? []
    webSocketConnectURLs = json["ws_connect_urls"]?.arrayValue?.compactMap(\.stringValue) ?? []
    lameDuckMode = json["ldm"]?.boolValue ?? false
    jetStream = json["jetstream"]?.boolValue ?? false
  }
}
