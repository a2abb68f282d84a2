import ArgumentParser

/// `plsctl system network`
struct SystemNetworkCommand: OperationCommand {
  static let configuration = CommandConfiguration(
    commandName: "network", abstract: "Show traffic of the network interfaces.",
    discussion: """
      EXAMPLES
        plsctl system network web-1
      """)

  @OptionGroup var options: ConsoleOptions
  @OptionGroup var delivery: DeliveryOptions
  @Argument(help: AgentArgument.help, completion: AgentArgument.completion) var agent: String

  func submission(for agent: ResolvedAgent) -> ConsoleSession.Submission { .init(agent, "system.network") }
}
