/// Who the agent connects as: user and password of the connection.
struct AgentIdentity: Sendable, Equatable {
  /// The machine's id, one subject token; empty = not known.
  var agentUUID = ""
  /// The key that proves it; empty = not known.
  var apiKey = Secret.none
}
