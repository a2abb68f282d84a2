import ArgumentParser
import JSON
import PlatformAPI

/// `plsctl commands list`
struct CommandsListCommand: PlatformCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List commands, newest first.",
    discussion: """
      EXAMPLES
        plsctl commands list
        plsctl commands list --agent web-1 --state failed
      """,
    aliases: ["ls"])

  @OptionGroup var options: ConsoleOptions
  @Option(help: "Only commands of this agent.", completion: AgentArgument.completion) var agent: String?
  @Option(help: "Only commands in this state.") var state: CommandView.State?
  @Option(name: [.customShort("n"), .long], help: "The maximum number of entries, 1 to 1000.") var limit = 50

  func validate() throws {
    guard (1...1000).contains(limit) else { throw ValidationError("--limit takes 1 to 1000") }
  }

  func perform(in session: ConsoleSession) async throws -> ExitStatus {
    let request = Requests.ListCommands(agent: agent, state: state, limit: limit)
    let result = try await session.client.call(.commandsList, request)
    guard options.output == .table else {
      try session.output.show(result) { [] }
      return .done
    }
    let commands = try PlatformClient.decode([CommandView].self, from: result, of: .commandsList)
    let names = DisplayNameCache(session)
    await names.lookUp(agents: Set(commands.map(\.agent)), chosen: agent)
    try session.output.show(result) {
      var table = Table([
        .init("ID", .prefix(8), isKey: true), .init("AGENT", .cut(12), isKey: true),
        .init("OPERATION", .cutEarly(32, least: 16), isKey: true), .init("STATE", isKey: true),
        .init("BY", .dropped(1)), .init("SUBMITTED", .dropped(2)), .init("TOOK", isRight: true, .dropped(3)),
      ])
      for command in commands {
        let took = command.endedAt.map { NumberFormat.duration($0 - command.submittedAt) }
        table.add(
          .init(command.id), .init(names[command.agent]), .init(OperationText.line(command)),
          .init(command.state.rawValue, CommandText.tone(of: command.state)), .init(command.submittedBy),
          .init(NumberFormat.time(command.submittedAt)), .init(took))
      }
      return commands.isEmpty ? ["none"] : session.output.lines(of: table)
    }
    return .done
  }
}
