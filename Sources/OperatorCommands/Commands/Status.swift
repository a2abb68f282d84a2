import ArgumentParser
import JSON
import PlatformAPI

/// `plsctl status`
struct Status: PlatformCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Show the status of the platform and the fleet.",
    discussion: """
      EXAMPLES
        plsctl status
        plsctl status -o json | jq .agents.alive
      """)

  @OptionGroup var options: ConsoleOptions

  func perform(in session: ConsoleSession) async throws -> ExitStatus {
    try await session.showCall(.platformStatus, NoParameters(), as: Requests.PlatformStatus.self) { status in
      let order = ["alive", "silent", "pending", "revoked"]
      let counts = status.agents.sorted { left, right in
        (order.firstIndex(of: left.key) ?? 9, left.key) < (order.firstIndex(of: right.key) ?? 9, right.key)
      }
      var rows = KeyValueTable(session.console.palette())
      rows.add("platform", "\(status.version) (\(status.instance))")
      rows.add(
        "leader", status.leader ?? "none: commands are not delivered", status.leader == nil ? .bad : nil)
      for problem in status.problems ?? [] { rows.add("problem", problem, .bad) }
      rows.add("server", session.client.nats.connectedServer ?? session.context.url)
      rows.add("operator", session.context.operatorName)
      let agents = counts.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
      rows.add("agents", agents.isEmpty ? "none" : agents)
      rows.add("commands", "\(status.commandsOpen) open")
      if let used = status.auditUsedPct, used >= 80 {
        rows.add("audit", "\(used) % full: changes are rejected when it is full", .bad)
      }
      return rows.lines
    }
    return .done
  }
}

/// `plsctl version`
struct Version: ConsoleCommand {
  static let configuration = CommandConfiguration(
    commandName: "version", abstract: "Show the version of plsctl; plsctl status shows the platform's.",
    discussion: """
      EXAMPLES
        plsctl version
      """)

  func execute(on console: Console) async throws -> ExitStatus {
    console.print(PlatformVersion.current)
    return .done
  }
}
