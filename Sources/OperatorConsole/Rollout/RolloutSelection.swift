import PlatformAPI

/// Which of the agents that a selector picked a run works on.
struct RolloutSelection: Sendable {
  /// Those it works on, in the order given.
  var chosen: [AgentView] = []
  /// Silent ones that are left out.
  var silent: [AgentView] = []
  /// Those that have never connected and are left out.
  var pending: [AgentView] = []
  /// Revoked ones, which can get nothing.
  var revoked: [AgentView] = []
  /// Those that are done with, by the record of an earlier run.
  var done: [AgentView] = []

  /// Chooses.
  init(
    _ agents: [AgentView], includesSilent: Bool, includesPending: Bool, steps: [String: RolloutRecord.Step]
  ) {
    for agent in agents {
      if steps[agent.uuid]?.state == CommandView.State.completed.rawValue {
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

  /// Whether agents are left out that could be commanded. Revoked ones cannot.
  var isPartial: Bool { !silent.isEmpty || !pending.isEmpty }

  /// How many agents are left out and why, as `2 silent`; none where it is all of them.
  var leftOut: [String] {
    [(silent.count, "silent"), (pending.count, "never connected"), (revoked.count, "revoked")]
      .filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
  }
}
