import ArgumentParser
import JSON

/// `plsctl services disable`
struct ServicesDisableCommand: OperationCommand {
  static let configuration = CommandConfiguration(
    commandName: "disable", abstract: "Have a service no longer start with the machine.",
    discussion: """
      EXAMPLES
        plsctl services disable web-1 nginx
      """)

  @OptionGroup var options: ConsoleOptions
  @OptionGroup var delivery: DeliveryOptions
  @Argument(help: AgentArgument.help, completion: AgentArgument.completion) var agent: String
  @Argument(help: "The service; .service may be left out.") var service: String

  func order(for agent: ResolvedAgent) -> ConsoleSession.Order {
    .init(agent, "services.disable", ["name": .string(service)])
  }
}
