import Encoding
import PlatformAPI

/// The selected agents of a rollout, divided into those it runs on and those it leaves out.
struct RolloutSelection: Sendable {
  /// The agents to run on, in the given order.
  var chosen: [AgentView] = []
  /// Silent agents that are left out.
  var silent: [AgentView] = []
  /// Agents that have never connected and are left out.
  var pending: [AgentView] = []
  /// Revoked agents, which cannot receive commands.
  var revoked: [AgentView] = []
  /// Agents that completed in an earlier run, according to the record.
  var done: [AgentView] = []

  /// Divides the agents by status and by the steps of an earlier run.
  init(
    _ agents: [AgentView], includesSilent: Bool, includesPending: Bool,
    steps: [ExactString: RolloutRecord.Step]
  ) {
    for agent in agents {
      if steps[ExactString(agent.uuid)]?.state == CommandView.State.completed.rawValue {
        done.append(agent)
        continue
      }
      switch agent.status {
      case .alive: chosen.append(agent)
      case .silent: if includesSilent { chosen.append(agent) } else { silent.append(agent) }
      case .pending: if includesPending { chosen.append(agent) } else { pending.append(agent) }
      case .revoked: revoked.append(agent)
      }
    }
  }

  /// Whether agents are left out that could receive commands. Revoked agents cannot.
  var isPartial: Bool { !silent.isEmpty || !pending.isEmpty }

  /// The number of agents left out by reason, such as `2 silent`.
  var leftOut: [String] {
    [(silent.count, "silent"), (pending.count, "never connected"), (revoked.count, "revoked")]
      .filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
  }
}
