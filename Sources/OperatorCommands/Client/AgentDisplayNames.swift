import Encoding
import PlatformAPI

/// Display names of agents that are shown together.
enum AgentDisplayNames {
  /// The display names by uuid. A host name that is ambiguous is followed by the first 8 characters of the uuid, or by the whole
  /// uuid if they are ambiguous too.
  static func names(of agents: [AgentView]) -> [ExactString: String] {
    let ambiguous = ambiguousNames(of: agents)
    let prefixes = agents.reduce(into: [ExactString: Int]()) {
      $0[ExactString($1.uuid.prefix(8)), default: 0] += 1
    }
    var names: [ExactString: String] = [:]
    for agent in agents {
      guard let name = agent.hostname else { continue }
      let prefix = ExactString(agent.uuid.prefix(8))
      let uuid = prefixes[prefix] == 1 ? prefix.text : agent.uuid
      names[ExactString(agent.uuid)] = ambiguous.contains(name.lowercased()) ? "\(name) (\(uuid))" : name
    }
    return names
  }

  /// The uuids and host names of the first `limit` agents, and the number of further ones.
  static func identities(of agents: [AgentView], limit: Int) -> String {
    let shown = agents.prefix(limit).map { agent in
      agent.uuid + (agent.hostname.map { " (\($0))" } ?? "")
    }
    let more = agents.count > limit ? " and \(agents.count - limit) more" : ""
    return shown.joined(separator: ", ") + more
  }

  /// The host names, in lower case, that several agents share, or that are a prefix of an agent's uuid.
  ///
  /// Canonically equivalent names look alike, so that they count as the same name.
  static func ambiguousNames(of agents: [AgentView]) -> Set<String> {
    var counts: [String: Int] = [:]
    for agent in agents { if let name = agent.hostname { counts[name.lowercased(), default: 0] += 1 } }
    let uuids = agents.map { $0.uuid.lowercased() }.sorted()
    return Set(counts.keys.filter { name in counts[name] != 1 || begins(one: uuids, with: name) })
  }

  /// Whether `name` is a prefix of one of `uuids`, which must be sorted.
  private static func begins(one uuids: [String], with name: String) -> Bool {
    var (low, high) = (0, uuids.count)
    while low < high {
      let middle = (low + high) / 2
      if uuids[middle] < name { low = middle + 1 } else { high = middle }
    }
    return low < uuids.count && uuids[low].hasPrefix(name)
  }
}
