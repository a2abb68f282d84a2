import ArgumentParser
import JSON

/// `plsctl logs`
struct LogsCommand: OperationCommand {
  static let configuration = CommandConfiguration(
    commandName: "logs", abstract: "The last lines of a unit's journal.",
    discussion: """
      EXAMPLES
        plsctl logs web-1 nginx
        plsctl logs web-1 ssh.service -n 20
      """)

  @OptionGroup var options: ConsoleOptions
  @OptionGroup var delivery: DeliveryOptions
  @Argument(help: AgentArgument.help, completion: AgentArgument.completion) var agent: String
  @Argument(help: "The unit; .service may be left out.") var unit: String
  @Option(name: [.customShort("n"), .customLong("lines")], help: "How many lines, 1 to 1000.")
  var lines = 100

  func validate() throws {
    guard (1...1000).contains(lines) else { throw ValidationError("--lines takes 1 to 1000") }
  }

  func order() -> ConsoleSession.Order {
    .init(agent, "logs.tail", ["unit": .string(unit), "lines": JSONValue(lines)])
  }
}
