/// The section `nats`.
public struct NATSSettings: Sendable, Equatable {
  /// How the server is reached.
  public enum ConnectionType: String, Sendable, Equatable {
    /// TCP, to the servers of `nats.url`.
    case nats
    /// WebSocket, to `nats.websocket_url`.
    case websocket
  }

  /// `nats.connection_type`.
  public var connectionType: ConnectionType
  /// `nats.url`: one URL, or several separated by commas. May carry user information: log ``redactedURL``.
  public var url: String
  /// `nats.websocket_url`: `ws://` or `wss://`, one or several separated by commas. Log ``redactedURL``.
  public var websocketURL: String
  /// `nats.agent_uuid`, after the config drive: a single subject token, or empty when there is no identity yet.
  public var agentUUID: String
  /// `nats.api_key`, after the config drive; empty when there is no identity yet.
  public var apiKey: Secret
  /// `nats.max_reconnects`: failed attempts in a row before the agent gives up; -1 = never.
  public var maxReconnects: Int
  /// `nats.reconnect_wait`: the longest pause between two attempts, at least 100 ms.
  public var reconnectWait: Duration
  /// `nats.tls.*`.
  public var tls: TLSFiles
  /// `nats.proxy`: the URL of an HTTP CONNECT proxy; `nil` = as `HTTPS_PROXY` and `NO_PROXY` say. May carry user
  /// information: log ``redactedProxy``.
  public var proxy: String?

  /// Settings from their parts; what is left out has its default.
  public init(
    connectionType: ConnectionType = .nats,
    url: String = "nats://localhost:4222",
    websocketURL: String = "ws://localhost:8080",
    agentUUID: String = "",
    apiKey: Secret = .none,
    maxReconnects: Int = -1,
    reconnectWait: Duration = .seconds(5),
    tls: TLSFiles = TLSFiles(),
    proxy: String? = nil
  ) {
    self.connectionType = connectionType
    self.url = url
    self.websocketURL = websocketURL
    self.agentUUID = agentUUID
    self.apiKey = apiKey
    self.maxReconnects = maxReconnects
    self.reconnectWait = reconnectWait
    self.tls = tls
    self.proxy = proxy
  }

  /// The servers in use: the parts of ``url`` or ``websocketURL``, as ``connectionType`` says.
  public var serverURLs: [String] {
    URLText.list(connectionType == .nats ? url : websocketURL)
  }

  /// The servers in use in a form that may be logged: user information is replaced by `[redacted]`.
  public var redactedURL: String {
    URLText.redacted(connectionType == .nats ? url : websocketURL)
  }

  /// The proxy in a form that may be logged.
  public var redactedProxy: String? { proxy.map(URLText.redacted) }

  /// Who the agent is.
  public var identity: AgentIdentity { AgentIdentity(agentUUID: agentUUID, apiKey: apiKey) }
}

extension NATSSettings: CustomReflectable, CustomStringConvertible {
  /// The settings with every secret redacted.
  public var description: String {
    "NATSSettings(\(redactedURL), agent_uuid: \(agentUUID), api_key: \(apiKey))"
  }

  /// A mirror with every secret redacted.
  public var customMirror: Mirror {
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
        "proxy": redactedProxy as Any,
      ])
  }
}
