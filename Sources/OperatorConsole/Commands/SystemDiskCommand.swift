import ArgumentParser

/// `plsctl system disk`
struct SystemDiskCommand: OperationCommand {
  static let configuration = CommandConfiguration(
    commandName: "disk", abstract: "Show usage and I/O of the file systems.",
    discussion: """
      EXAMPLES
        plsctl system disk web-1
      """)

  @OptionGroup var options: ConsoleOptions
  @OptionGroup var delivery: DeliveryOptions
  @Argument(help: AgentArgument.help, completion: AgentArgument.completion) var agent: String

  func submission(for agent: ResolvedAgent) -> ConsoleSession.Submission { .init(agent, "system.disk") }
}
