/// The section `nats`.
struct NATSSettings: Sendable, Equatable {
  /// How the server is reached.
  enum ConnectionType: Sendable, Equatable {
    /// TCP, to the servers of `nats.url`.
    case nats
    /// WebSocket, to `nats.websocket_url`.
    case websocket
  }

  /// `nats.connection_type`.
  var connectionType = ConnectionType.nats
  /// `nats.url`: one URL, or several separated by commas. May carry user information: log ``redactedURL``.
  var url = "nats://localhost:4222"
  /// `nats.websocket_url`: `ws://` or `wss://`, one or several separated by commas. Log ``redactedURL``.
  var websocketURL = "ws://localhost:8080"
  /// `nats.agent_uuid`, after the config drive: a single subject token, or empty when there is no identity yet.
  var agentUUID = ""
  /// `nats.api_key`, after the config drive; empty when there is no identity yet.
  var apiKey = Secret.none
  /// `nats.max_reconnects`: failed attempts in a row before the agent gives up; -1 = never.
  var maxReconnects = -1
  /// `nats.reconnect_wait`: the longest pause between two attempts, at least 100 ms.
  var reconnectWait = Duration.seconds(5)
  /// `nats.tls.*`.
  var tls = TLSFiles()
  /// `nats.discover`: whether servers that the configured ones announce are used, too.
  var discover = true
  /// `nats.proxy`: the URL of an HTTP CONNECT proxy; `nil` = as `HTTPS_PROXY` and `NO_PROXY` say. May carry user
  /// information: log ``redactedProxy``.
  var proxy: String?

  /// The servers in use: the parts of ``url`` or ``websocketURL``, as ``connectionType`` says.
  var serverURLs: [String] {
    URLText.list(connectionType == .nats ? url : websocketURL)
  }

  /// The servers in use in a form that may be logged: user information is replaced by `[redacted]`.
  var redactedURL: String {
    URLText.redacted(connectionType == .nats ? url : websocketURL)
  }

  /// The proxy in a form that may be logged.
  var redactedProxy: String? { proxy.map(URLText.redacted) }

  /// Who the agent is.
  var identity: AgentIdentity { AgentIdentity(agentUUID: agentUUID, apiKey: apiKey) }
}

extension NATSSettings: CustomReflectable, CustomStringConvertible {
  /// The settings with every secret redacted.
  var description: String {
    "NATSSettings(\(redactedURL), agent_uuid: \(agentUUID), api_key: \(apiKey))"
  }

  /// A mirror with every secret redacted.
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
