import ArgumentParser
import PlatformAPI

/// `plsctl agents label`
struct AgentsLabelCommand: PlatformCommand {
  static let configuration = CommandConfiguration(
    commandName: "label", abstract: "Set and remove labels of an agent.",
    discussion: """
      EXAMPLES
        plsctl agents label web-1 env=prod tier=web
        plsctl agents label web-1 tier-
      """)

  @OptionGroup var options: ConsoleOptions
  @Argument(help: AgentArgument.help, completion: AgentArgument.completion) var agent: String
  @Argument(help: "key=value sets a label, key- removes it.") var labels: [String]

  func perform(in session: ConsoleSession) async throws -> ExitStatus {
    let labels = try LabelArguments.parse(labels)
    let target = try await session.resolve(agent, isReported: false)
    let request = Requests.Label(agent: target.uuid, set: labels.set, remove: labels.remove)
    try await session.showCall(.agentsLabel, request, as: AgentView.self) { agent in
      var rows = KeyValueTable(session.console.palette())
      rows.add("uuid", agent.uuid)
      rows.add("hostname", agent.hostname)
      rows.add("labels", agent.labels.isEmpty ? "none" : LabelArguments.text(agent.labels))
      return rows.lines
    }
    return .done
  }
}
