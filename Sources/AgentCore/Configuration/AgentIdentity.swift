/// The credentials of the agent: user and password of the connection.
struct AgentIdentity: Sendable, Equatable {
  /// The machine's id, a single subject token; empty when not configured.
  var agentUUID = ""
  /// The secret that authenticates the id; empty when not configured.
  var apiKey = Secret.none
}
