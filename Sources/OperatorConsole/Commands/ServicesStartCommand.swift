import ArgumentParser
import JSON

/// `plsctl services start`
struct ServicesStartCommand: OperationCommand {
  static let configuration = CommandConfiguration(
    commandName: "start", abstract: "Start a service.",
    discussion: """
      EXAMPLES
        plsctl services start web-1 nginx
      """)

  @OptionGroup var options: ConsoleOptions
  @OptionGroup var delivery: DeliveryOptions
  @Argument(help: AgentArgument.help, completion: AgentArgument.completion) var agent: String
  @Argument(help: "The service; .service can be omitted.") var service: String

  func submission(for agent: ResolvedAgent) -> ConsoleSession.Submission {
    .init(agent, "services.start", ["name": .string(service)])
  }
}
