import ArgumentParser

/// `plsctl system cpu`
struct SystemCPUCommand: OperationCommand {
  static let configuration = CommandConfiguration(
    commandName: "cpu", abstract: "Show CPU usage and load.",
    discussion: """
      EXAMPLES
        plsctl system cpu web-1
      """)

  @OptionGroup var options: ConsoleOptions
  @OptionGroup var delivery: DeliveryOptions
  @Argument(help: AgentArgument.help, completion: AgentArgument.completion) var agent: String

  func submission(for agent: ResolvedAgent) -> ConsoleSession.Submission { .init(agent, "system.cpu") }
}
