import PlatformAPI

/// What agents are called where their host names stand beside each other.
enum AgentNaming {
  /// A name for each uuid: the host name; where that alone does not distinguish the agent from the others, with the beginning of the
  /// uuid, or all of it where that does not either.
  static func names(of agents: [AgentView]) -> [String: String] {
    let ambiguous = ambiguousNames(of: agents)
    let prefixes = agents.reduce(into: [Substring: Int]()) { $0[$1.uuid.prefix(8), default: 0] += 1 }
    var names: [String: String] = [:]
    for agent in agents {
      guard let name = agent.hostname else { continue }
      let prefix = agent.uuid.prefix(8)
      let uuid = prefixes[prefix] == 1 ? String(prefix) : agent.uuid
      names[agent.uuid] = ambiguous.contains(name.lowercased()) ? "\(name) (\(uuid))" : name
    }
    return names
  }

  /// The first `limit` agents by uuid and host name, and how many more there are.
  static func identities(of agents: [AgentView], limit: Int) -> String {
    let shown = agents.prefix(limit).map { agent in
      agent.uuid + (agent.hostname.map { " (\($0))" } ?? "")
    }
    let more = agents.count > limit ? " and \(agents.count - limit) more" : ""
    return shown.joined(separator: ", ") + more
  }

  /// The host names, in lower case, that several of the agents have, or that another agent's uuid begins with.
  static func ambiguousNames(of agents: [AgentView]) -> Set<String> {
    var counts: [String: Int] = [:]
    for agent in agents { if let name = agent.hostname { counts[name.lowercased(), default: 0] += 1 } }
    let uuids = agents.map { $0.uuid.lowercased() }.sorted()
    return Set(counts.keys.filter { name in counts[name] != 1 || begins(one: uuids, with: name) })
  }

  /// Whether one of `uuids`, which are sorted, begins with `name`.
  private static func begins(one uuids: [String], with name: String) -> Bool {
    var (low, high) = (0, uuids.count)
    while low < high {
      let middle = (low + high) / 2
      if uuids[middle] < name { low = middle + 1 } else { high = middle }
    }
    return low < uuids.count && uuids[low].hasPrefix(name)
  }
}
