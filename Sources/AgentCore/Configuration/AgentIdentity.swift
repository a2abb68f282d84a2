/// Who the agent connects as: user and password of the connection.
public struct AgentIdentity: Sendable, Equatable {
  /// The machine's id, one subject token; empty = not known.
  public var agentUUID: String
  /// The key that proves it; empty = not known.
  public var apiKey: Secret

  /// An identity from its two parts.
  public init(agentUUID: String = "", apiKey: Secret = .none) {
    self.agentUUID = agentUUID
    self.apiKey = apiKey
  }

  /// Whether both parts are there, so that a connection can be tried with them.
  public var isComplete: Bool { !agentUUID.isEmpty && !apiKey.isEmpty }
}
