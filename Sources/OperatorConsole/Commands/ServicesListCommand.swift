import ArgumentParser

/// `plsctl services list`
struct ServicesListCommand: OperationCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the services loaded by systemd.",
    discussion: """
      EXAMPLES
        plsctl services list web-1
      """,
    aliases: ["ls"])

  @OptionGroup var options: ConsoleOptions
  @OptionGroup var delivery: DeliveryOptions
  @Argument(help: AgentArgument.help, completion: AgentArgument.completion) var agent: String

  func submission(for agent: ResolvedAgent) -> ConsoleSession.Submission { .init(agent, "services.list") }
}
