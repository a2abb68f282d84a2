import PlatformAPI

/// Who a connection claims to be. The user name tells: a uuid is an agent, an ``OperatorName`` an operator.
public enum CalloutIdentity: Sendable, Hashable {
  /// The agent of this uuid, which is in lower case.
  case agent(String)
  /// The operator of this name.
  case `operator`(String)

  /// Nil when the name can be neither. A uuid in capitals is neither: the agent's subjects hold it as it stands, and the
  /// platform checkDelays for it in lower case.
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
