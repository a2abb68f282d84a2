import ArgumentParser
import JSON

/// `plsctl services restart`
struct ServicesRestartCommand: OperationCommand {
  static let configuration = CommandConfiguration(
    commandName: "restart", abstract: "Restart a service.",
    discussion: """
      EXAMPLES
        plsctl services restart web-1 nginx
      """)

  @OptionGroup var options: ConsoleOptions
  @OptionGroup var delivery: DeliveryOptions
  @Argument(help: AgentArgument.help, completion: AgentArgument.completion) var agent: String
  @Argument(help: "The service; .service can be omitted.") var service: String

  func submission(for agent: ResolvedAgent) -> ConsoleSession.Submission {
    .init(agent, "services.restart", ["name": .string(service)])
  }
}
