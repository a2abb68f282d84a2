import ArgumentParser
import JSON

/// `plsctl services get`
struct ServicesGetCommand: OperationCommand {
  static let configuration = CommandConfiguration(
    commandName: "get", abstract: "Show the state of a service.",
    discussion: """
      EXAMPLES
        plsctl services get web-1 nginx
      """)

  @OptionGroup var options: ConsoleOptions
  @OptionGroup var delivery: DeliveryOptions
  @Argument(help: AgentArgument.help, completion: AgentArgument.completion) var agent: String
  @Argument(help: "The service; .service can be omitted.") var service: String

  func submission(for agent: ResolvedAgent) -> ConsoleSession.Submission {
    .init(agent, "services.get", ["name": .string(service)])
  }
}
