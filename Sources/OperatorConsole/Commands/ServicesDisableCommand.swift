import ArgumentParser
import JSON

/// `plsctl services disable`
struct ServicesDisableCommand: OperationCommand {
  static let configuration = CommandConfiguration(
    commandName: "disable", abstract: "Disable a service at boot.",
    discussion: """
      EXAMPLES
        plsctl services disable web-1 nginx
      """)

  @OptionGroup var options: ConsoleOptions
  @OptionGroup var delivery: DeliveryOptions
  @Argument(help: AgentArgument.help, completion: AgentArgument.completion) var agent: String
  @Argument(help: "The service; .service can be omitted.") var service: String

  func submission(for agent: ResolvedAgent) -> ConsoleSession.Submission {
    .init(agent, "services.disable", ["name": .string(service)])
  }
}
