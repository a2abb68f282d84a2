import ArgumentParser
import JSON

/// `plsctl services stop`
struct ServicesStopCommand: OperationCommand {
  static let configuration = CommandConfiguration(
    commandName: "stop", abstract: "Stop a service.",
    discussion: """
      EXAMPLES
        plsctl services stop web-1 nginx
      """)

  @OptionGroup var options: ConsoleOptions
  @OptionGroup var delivery: DeliveryOptions
  @Argument(help: AgentArgument.help, completion: AgentArgument.completion) var agent: String
  @Argument(help: "The service; .service can be omitted.") var service: String

  func submission(for agent: ResolvedAgent) -> ConsoleSession.Submission {
    .init(agent, "services.stop", ["name": .string(service)])
  }
}
