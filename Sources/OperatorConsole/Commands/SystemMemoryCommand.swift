import ArgumentParser

/// `plsctl system memory`
struct SystemMemoryCommand: OperationCommand {
  static let configuration = CommandConfiguration(
    commandName: "memory", abstract: "Show memory and swap usage.",
    discussion: """
      EXAMPLES
        plsctl system memory web-1
      """)

  @OptionGroup var options: ConsoleOptions
  @OptionGroup var delivery: DeliveryOptions
  @Argument(help: AgentArgument.help, completion: AgentArgument.completion) var agent: String

  func submission(for agent: ResolvedAgent) -> ConsoleSession.Submission { .init(agent, "system.memory") }
}
