/// The section `nats`.
struct NATSSettings: Sendable, Equatable {
  /// The transport.
  enum ConnectionType: Sendable, Equatable {
    /// TCP, to the servers of `nats.url`.
    case nats
    /// WebSocket, to `nats.websocket_url`.
    case websocket
  }

  /// `nats.connection_type`.
  var connectionType = ConnectionType.nats
  /// `nats.url`: one URL, or several separated by commas. May contain credentials: log ``redactedURL`` instead.
  var url = "nats://localhost:4222"
  /// `nats.websocket_url`: one `ws://` or `wss://` URL, or several separated by commas. Log ``redactedURL`` instead.
  var websocketURL = "ws://localhost:8080"
  /// `nats.agent_uuid`, or that of the config drive: a single subject token; empty when not configured.
  var agentUUID = ""
  /// `nats.api_key`, or that of the config drive; empty when not configured.
  var apiKey = Secret.none
  /// `nats.max_reconnects`: the consecutive failed attempts after which the agent ends; -1 = unlimited.
  var maxReconnects = -1
  /// `nats.reconnect_wait`: the maximum pause between two attempts, at least 100 ms.
  var reconnectWait = Duration.seconds(5)
  /// `nats.tls.*`.
  var tls = TLSSettings()
  /// `nats.discover`: whether to use the servers that the configured ones announce in INFO.
  var discover = true
  /// `nats.proxy`: the URL of an HTTP CONNECT proxy; `nil` = as in `HTTPS_PROXY` and `NO_PROXY`. May contain credentials: log
  /// ``redactedProxy`` instead.
  var proxy: String?

  /// The URLs of the servers for the ``connectionType``.
  var serverURLs: [String] {
    URLText.list(connectionType == .nats ? url : websocketURL)
  }

  /// The URLs of the servers for the ``connectionType``, with credentials replaced by `[redacted]`.
  var redactedURL: String {
    URLText.redacted(connectionType == .nats ? url : websocketURL)
  }

  /// The URL of the proxy, with credentials replaced by `[redacted]`.
  var redactedProxy: String? { proxy.map(URLText.redacted) }

  var identity: AgentIdentity { AgentIdentity(agentUUID: agentUUID, apiKey: apiKey) }
}

/// Textual forms in which every secret is redacted.
extension NATSSettings: CustomReflectable, CustomStringConvertible {
  var description: String {
    "NATSSettings(\(redactedURL), agent_uuid: \(agentUUID), api_key: \(apiKey))"
  }

  var customMirror: Mirror {
    Mirror(
      self,
      children: [
        "connectionType": connectionType,
        "url": URLText.redacted(url),
        "websocketURL": URLText.redacted(websocketURL),
        "agentUUID": agentUUID,
        "apiKey": apiKey,
        "maxReconnects": maxReconnects,
        "reconnectWait": reconnectWait,
        "tls": tls,
        "discover": discover,
        "proxy": redactedProxy as Any,
      ])
  }
}

/// The section `nats.tls`: certificates and options of encrypted connections. All files are PEM.
struct TLSSettings: Sendable, Equatable {
  /// `nats.tls.ca_file`: the trusted authorities, in place of those of the system.
  var caFile: String?
  /// `nats.tls.cert_file`: the client certificate; requires ``keyFile``.
  var certFile: String?
  /// `nats.tls.key_file`: the private key of the client certificate; requires ``certFile``.
  var keyFile: String?
  /// `nats.tls.first`: whether the TLS handshake precedes INFO, for servers with `handshake_first`.
  var first = false
  /// `nats.tls.server_names`: additional names that the certificate of a server may have.
  var serverNames: [String] = []
}
