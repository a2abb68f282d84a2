import ArgumentParser

/// `plsctl system metrics`
struct SystemMetricsCommand: OperationCommand {
  static let configuration = CommandConfiguration(
    commandName: "metrics", abstract: "Show CPU, memory, disks and network together.",
    discussion: """
      EXAMPLES
        plsctl system metrics web-1
      """)

  @OptionGroup var options: ConsoleOptions
  @OptionGroup var delivery: DeliveryOptions
  @Argument(help: AgentArgument.help, completion: AgentArgument.completion) var agent: String

  func submission(for agent: ResolvedAgent) -> ConsoleSession.Submission { .init(agent, "system.metrics") }
}
