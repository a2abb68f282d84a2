import AgentProtocol

/// A command that is addressed to this agent and can be read; nothing is said yet on whether it may run.
struct CommandRequest: Sendable {
  /// Its id; empty when it has none.
  let id: String
  /// What it asks for.
  let payload: CommandPayload
  /// When it was made, in unix seconds; nil when the envelope does not say.
  let sentAt: Int64?
}
