/// A change of who may connect.
public enum CredentialChange: Sendable, Hashable {
  /// An agent was enrolled (no `old`), changed, or is gone (no `new`).
  case agent(old: AgentRecord?, new: AgentRecord?)
  /// An operator was added (no `old`), changed, or is gone (no `new`).
  case `operator`(old: OperatorRecord?, new: OperatorRecord?)
}
