import AgentProtocol

/// The reason why a running command is stopped from outside.
enum StopReason: Sendable {
  /// Its timeout passed.
  case timedOut
  /// An `agent.cancel` named it.
  case cancelled
  /// The agent shuts down.
  case interrupted

  /// The result code of a command that was stopped for this reason.
  var code: ResultPayload.Code {
    switch self {
    case .timedOut: .timedOut
    case .cancelled: .cancelled
    case .interrupted: .interrupted
    }
  }

  /// The reason as results state it.
  var message: String {
    switch self {
    case .timedOut: "the time-out passed"
    case .cancelled: "cancelled"
    case .interrupted: "the agent was stopped"
    }
  }
}
