/// What can be asked of the platform. The raw value is the end of the subject that is asked on.
public enum APIMethod: String, Sendable, Hashable, CaseIterable {
  /// Agents, all or those that a selector picks.
  case agentsList = "agents.list"
  /// All that is known of one agent.
  case agentsShow = "agents.show"
  /// Makes an agent known and its token.
  case agentsEnroll = "agents.enroll"
  /// Gives an agent a new token; the old one stays valid for a while.
  case agentsRotate = "agents.rotate"
  /// Takes an agent's tokens away and ends its connection.
  case agentsRevoke = "agents.revoke"
  /// Removes an agent with all that is kept of it.
  case agentsRemove = "agents.remove"
  /// Sets and removes labels of an agent.
  case agentsLabel = "agents.label"
  /// Makes a token that enrols one agent.
  case enrolmentsCreate = "enrolments.create"
  /// The enrolment tokens that are not used up.
  case enrolmentsList = "enrolments.list"
  /// Withdraws an enrolment token that is not used up.
  case enrolmentsRemove = "enrolments.remove"
  /// Makes an operator and its token, or gives a known one a new token or role.
  case operatorsAdd = "operators.add"
  /// The operators.
  case operatorsList = "operators.list"
  /// Takes an operator's token away and ends its connections.
  case operatorsRemove = "operators.remove"
  /// Accepts a command for an agent.
  case commandsSubmit = "commands.submit"
  /// Commands, the newest first.
  case commandsList = "commands.list"
  /// One command with its result.
  case commandsShow = "commands.show"
  /// Takes a command back, or ends it where it runs.
  case commandsCancel = "commands.cancel"
  /// What agents told lately.
  case eventsList = "events.list"
  /// The last telemetry of an agent.
  case telemetryLast = "telemetry.last"
  /// Who did what.
  case auditList = "audit.list"
  /// How the platform itself fares.
  case platformStatus = "platform.status"

  /// The least role that may call it.
  public var leastRole: OperatorRole {
    switch self {
    case .agentsList, .agentsShow, .commandsList, .commandsShow, .eventsList, .telemetryLast, .platformStatus:
      .viewer
    case .agentsLabel, .commandsSubmit, .commandsCancel: .operator
    case .agentsEnroll, .agentsRotate, .agentsRevoke, .agentsRemove, .enrolmentsCreate, .enrolmentsList,
      .enrolmentsRemove, .operatorsAdd, .operatorsList, .operatorsRemove, .auditList:
      .admin
    }
  }
}
