import ArgumentParser

/// `plsctl system info`
struct SystemInfoCommand: OperationCommand {
  static let configuration = CommandConfiguration(
    commandName: "info", abstract: "Show host name, operating system, kernel and uptime.",
    discussion: """
      EXAMPLES
        plsctl system info web-1
      """)

  @OptionGroup var options: ConsoleOptions
  @OptionGroup var delivery: DeliveryOptions
  @Argument(help: AgentArgument.help, completion: AgentArgument.completion) var agent: String

  func order(for agent: ResolvedAgent) -> ConsoleSession.Order { .init(agent, "system.info") }
}
