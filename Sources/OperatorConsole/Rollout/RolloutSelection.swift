import PlatformAPI

/// Which of the agents that a selector picked a run works on.
struct RolloutSelection: Sendable {
  /// Those it works on, in the order given.
  var chosen: [AgentView] = []
  /// Silent ones that are left aside.
  var silent: [AgentView] = []
  /// Those that are done with, by the record of an earlier run.
  var done: [AgentView] = []

  /// Chooses. Revoked agents can get nothing and are left aside without a word.
  init(_ agents: [AgentView], includesSilent: Bool, steps: [String: RolloutRecord.Step]) {
    for agent in agents {
      if steps[agent.uuid]?.state == CommandView.State.completed.rawValue {
        done.append(agent)
      } else if agent.status == .alive {
        chosen.append(agent)
      } else if agent.status == .silent || agent.status == .pending {
        if includesSilent { chosen.append(agent) } else { silent.append(agent) }
      }
    }
  }
}
