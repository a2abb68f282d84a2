import PlatformAPI

/// The identity that a connection claims by its user name: a uuid is an agent, an ``OperatorName`` an operator.
public enum CalloutIdentity: Sendable, Hashable {
  /// The agent with this uuid, in lower case.
  case agent(String)
  /// The operator with this name.
  case `operator`(String)

  /// Parses a user name; nil when it is neither. A uuid in upper case is rejected: the agent would use it in its subjects, and the
  /// platform expects lower case there.
  public init?(user: String) {
    if AgentRecord.canonicalUUID(user) == user {
      self = .agent(user)
    } else if OperatorName.isValid(user) {
      self = .operator(user)
    } else {
      return nil
    }
  }
}
