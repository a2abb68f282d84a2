/// A change of the credentials of an agent or operator.
public enum CredentialChange: Sendable, Hashable {
  /// An agent was enrolled (no `old`), changed, or removed (no `new`).
  case agent(old: AgentRecord?, new: AgentRecord?)
  /// An operator was added (no `old`), changed, or removed (no `new`).
  case `operator`(old: OperatorRecord?, new: OperatorRecord?)
}
