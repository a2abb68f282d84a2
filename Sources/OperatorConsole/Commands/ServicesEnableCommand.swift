import ArgumentParser
import JSON

/// `plsctl services enable`
struct ServicesEnableCommand: OperationCommand {
  static let configuration = CommandConfiguration(
    commandName: "enable", abstract: "Enable a service at boot.",
    discussion: """
      EXAMPLES
        plsctl services enable web-1 nginx
      """)

  @OptionGroup var options: ConsoleOptions
  @OptionGroup var delivery: DeliveryOptions
  @Argument(help: AgentArgument.help, completion: AgentArgument.completion) var agent: String
  @Argument(help: "The service; .service can be omitted.") var service: String

  func submission(for agent: ResolvedAgent) -> ConsoleSession.Submission {
    .init(agent, "services.enable", ["name": .string(service)])
  }
}
