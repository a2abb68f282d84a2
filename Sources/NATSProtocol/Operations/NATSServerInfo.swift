package import JSON

/// The INFO of a server, sent at the beginning of a connection and after changes.
///
/// Fields that a server omits have their default values.
public struct NATSServerInfo: Sendable, Hashable {
  /// The ID of the server process.
  public var serverID: String
  /// The name of the server.
  public var serverName: String
  /// The version of the server, such as `2.14.0`.
  public var version: String
  /// The version of the client protocol.
  public var proto: Int
  /// The host that the server listens on.
  public var host: String
  /// The port that the server listens on.
  public var port: Int
  /// Whether the server supports headers.
  public var headers: Bool
  /// The maximum size of headers and payload of a message in bytes.
  public var maxPayload: Int
  /// The ID of this connection on the server.
  public var clientID: UInt64?
  /// The address of this client as seen by the server.
  public var clientIP: String?
  /// Whether credentials are required.
  public var authRequired: Bool
  /// Whether the connection has to be upgraded to TLS.
  public var tlsRequired: Bool
  /// Whether the connection can be upgraded to TLS.
  public var tlsAvailable: Bool
  /// The nonce to sign with an nkey.
  public var nonce: String?
  /// The name of the cluster.
  public var cluster: String?
  /// The servers of the cluster as `host:port`, including this one.
  public var connectURLs: [String]
  /// The servers of the cluster for WebSocket connections.
  public var webSocketConnectURLs: [String]
  /// Whether the server is in lame duck mode, about to shut down.
  public var lameDuckMode: Bool
  /// Whether JetStream is enabled.
  public var jetStream: Bool

  /// Decodes the JSON of an INFO operation. Members of the wrong type count as absent.
  ///
  /// - Throws: ``JSONError``.
  package init(json bytes: [UInt8]) throws(JSONError) {
    guard let json = try JSONReader.parse(bytes).objectValue else { throw JSONError(.notAnObject, at: 0) }
    serverID = json["server_id"]?.stringValue ?? ""
    serverName = json["server_name"]?.stringValue ?? ""
    version = json["version"]?.stringValue ?? ""
    proto = Int(clamping: json["proto"]?.integerValue ?? 0)
    host = json["host"]?.stringValue ?? ""
    port = Int(clamping: json["port"]?.integerValue ?? 0)
    headers = json["headers"]?.boolValue ?? false
    let limit = Int(clamping: json["max_payload"]?.integerValue ?? 0)
    // The maximum of nats-server's max_payload is 64 MiB. Sums with this value must not overflow.
    maxPayload = limit > 0 ? min(limit, 64 << 20) : 1 << 20
    clientID = json["client_id"]?.integerValue.flatMap { UInt64(exactly: $0) }
    clientIP = json["client_ip"]?.stringValue
    authRequired = json["auth_required"]?.boolValue ?? false
    tlsRequired = json["tls_required"]?.boolValue ?? false
    tlsAvailable = json["tls_available"]?.boolValue ?? false
    nonce = json["nonce"]?.stringValue
    cluster = json["cluster"]?.stringValue
    connectURLs = json["connect_urls"]?.arrayValue?.compactMap { $0.stringValue } ?? []
    webSocketConnectURLs = json["ws_connect_urls"]?.arrayValue?.compactMap { $0.stringValue } ?? []
    lameDuckMode = json["ldm"]?.boolValue ?? false
    jetStream = json["jetstream"]?.boolValue ?? false
  }

  /// Decodes the JSON of an INFO operation.
  ///
  /// - Throws: ``NATSError/Code/protocolViolation`` if it is not a JSON object.
  package init(operation json: [UInt8]) throws(NATSError) {
    do throws(JSONError) {
      self = try NATSServerInfo(json: json)
    } catch {
      throw NATSError(
        .protocolViolation,
        "the server's INFO is not a JSON object: \(error.description); the connection is closed")
    }
  }
}
