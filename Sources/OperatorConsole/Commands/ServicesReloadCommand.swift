import ArgumentParser
import JSON

/// `plsctl services reload`
struct ServicesReloadCommand: OperationCommand {
  static let configuration = CommandConfiguration(
    commandName: "reload", abstract: "Reload the configuration of a service.",
    discussion: """
      EXAMPLES
        plsctl services reload web-1 nginx
      """)

  @OptionGroup var options: ConsoleOptions
  @OptionGroup var delivery: DeliveryOptions
  @Argument(help: AgentArgument.help, completion: AgentArgument.completion) var agent: String
  @Argument(help: "The service; .service can be omitted.") var service: String

  func submission(for agent: ResolvedAgent) -> ConsoleSession.Submission {
    .init(agent, "services.reload", ["name": .string(service)])
  }
}
