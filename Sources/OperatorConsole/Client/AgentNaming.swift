import PlatformAPI

/// What agents are called where their host names stand beside each other.
enum AgentNaming {
  /// A name for each uuid: the host name; with the beginning of the uuid where several machines have the same one.
  static func names(of agents: [AgentView]) -> [String: String] {
    var counts: [String: Int] = [:]
    for agent in agents { if let name = agent.hostname { counts[name, default: 0] += 1 } }
    var names: [String: String] = [:]
    for agent in agents {
      guard let name = agent.hostname else { continue }
      names[agent.uuid] = counts[name] == 1 ? name : "\(name) (\(agent.uuid.prefix(8)))"
    }
    return names
  }
}
