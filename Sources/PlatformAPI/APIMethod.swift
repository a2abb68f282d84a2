import Encoding

/// A method of the platform's API.
///
/// The raw value is the name that clients send: platforms of every version know it. ``name`` is the documented one.
public enum APIMethod: String, Sendable, Hashable, CaseIterable {
  /// Lists agents, all or those that a selector matches.
  case agentsList = "agents.list"
  /// Returns everything that is known about one agent.
  case agentsShow = "agents.show"
  /// Enrolls an agent and issues its token.
  case agentsEnroll = "agents.enroll"
  /// Issues a new token to an agent; the old one stays valid for a grace period.
  case agentsRotate = "agents.rotate"
  /// Revokes an agent's tokens and ends its connection.
  case agentsRevoke = "agents.revoke"
  /// Removes an agent with everything that is stored about it.
  case agentsRemove = "agents.remove"
  /// Sets and removes labels of an agent.
  case agentsLabel = "agents.label"
  /// Issues a token that enrolls one agent.
  case enrollmentsCreate = "enrolments.create"
  /// Lists the unused enrollment tokens.
  case enrollmentsList = "enrolments.list"
  /// Withdraws an unused enrollment token.
  case enrollmentsRemove = "enrolments.remove"
  /// Adds an operator and issues its token, or gives an existing one a new token or role.
  case operatorsAdd = "operators.add"
  /// Lists the operators.
  case operatorsList = "operators.list"
  /// Removes an operator and ends its connections.
  case operatorsRemove = "operators.remove"
  /// Accepts a command for an agent.
  case commandsSubmit = "commands.submit"
  /// Lists commands, the newest first.
  case commandsList = "commands.list"
  /// Returns one command with its result.
  case commandsShow = "commands.show"
  /// Cancels a command, whether it is waiting or running.
  case commandsCancel = "commands.cancel"
  /// Lists recent events of agents.
  case eventsList = "events.list"
  /// Returns the last telemetry of an agent.
  case telemetryLast = "telemetry.last"
  /// Lists entries of the audit record.
  case auditList = "audit.list"
  /// Returns the health of the platform itself.
  case platformStatus = "platform.status"

  /// The documented name.
  public var name: String {
    switch self {
    case .enrollmentsCreate: "enrollments.create"
    case .enrollmentsList: "enrollments.list"
    case .enrollmentsRemove: "enrollments.remove"
    default: rawValue
    }
  }

  /// Returns the method with a name, which may be the documented one or the one of earlier versions; nil if there is none.
  public init?(name: String) {
    guard let method = Self.byName[ExactString(name)] else { return nil }
    self = method
  }

  private static let byName = Dictionary(
    allCases.flatMap { [(ExactString($0.rawValue), $0), (ExactString($0.name), $0)] },
    uniquingKeysWith: { first, _ in first })

  /// The least role that may call the method.
  public var leastRole: OperatorRole {
    switch self {
    case .agentsList, .agentsShow, .commandsList, .commandsShow, .eventsList, .telemetryLast, .platformStatus:
      .viewer
    case .agentsLabel, .commandsSubmit, .commandsCancel: .operator
    case .agentsEnroll, .agentsRotate, .agentsRevoke, .agentsRemove, .enrollmentsCreate, .enrollmentsList,
      .enrollmentsRemove, .operatorsAdd, .operatorsList, .operatorsRemove, .auditList:
      .admin
    }
  }
}
