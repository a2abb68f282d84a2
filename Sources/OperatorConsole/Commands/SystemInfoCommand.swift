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

  func submission(for agent: ResolvedAgent) -> ConsoleSession.Submission { .init(agent, "system.info") }
}
