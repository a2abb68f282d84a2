/// The part of an INFO that the handshake needs. Contains no cluster, addresses or lame duck mode.
///
/// An INFO that arrives before TLS is reduced to this value because it may be forged.
package struct HandshakeInfo: Sendable, Hashable {
  /// The version of the server, for display only.
  package var version: String
  /// The version of the client protocol.
  package var proto: Int
  /// Whether messages may carry headers.
  package var headers: Bool
  /// The largest message in bytes, headers included.
  package var maxPayload: Int
  /// Whether credentials are required.
  package var authRequired: Bool
  /// Whether the connection has to continue in TLS.
  package var tlsRequired: Bool
  /// Whether the connection may continue in TLS.
  package var tlsAvailable: Bool
  /// The nonce to sign with an nkey.
  package var nonce: String?

  package init(_ info: NATSServerInfo) {
    version = info.version
    proto = info.proto
    headers = info.headers
    maxPayload = info.maxPayload
    authRequired = info.authRequired
    tlsRequired = info.tlsRequired
    tlsAvailable = info.tlsAvailable
    nonce = info.nonce
  }
}

extension NATSServerInfo {
  /// Creates the INFO of a server that does not repeat it inside TLS (nats-server before 2.10).
  package init(_ handshake: HandshakeInfo) {
    serverID = ""
    serverName = ""
    version = handshake.version
    proto = handshake.proto
    host = ""
    port = 0
    headers = handshake.headers
    maxPayload = handshake.maxPayload
    authRequired = handshake.authRequired
    tlsRequired = handshake.tlsRequired
    tlsAvailable = handshake.tlsAvailable
    nonce = handshake.nonce
    connectURLs = []
    webSocketConnectURLs = []
    lameDuckMode = false
    jetStream = false
  }
}
