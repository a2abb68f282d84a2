import ArgumentParser
import JSON

/// `plsctl update`
struct UpdateCommand: OperationCommand {
  static let configuration = CommandConfiguration(
    commandName: "update", abstract: "Upgrade the packages of a machine.",
    discussion: """
      Waits for up to 35 minutes.

      EXAMPLES
        plsctl update web-1
        plsctl update web-1 --no-wait
      """)

  @OptionGroup var options: ConsoleOptions
  @OptionGroup var delivery: DeliveryOptions
  @Argument(help: AgentArgument.help, completion: AgentArgument.completion) var agent: String

  func submission(for agent: ResolvedAgent) -> ConsoleSession.Submission {
    var submission = ConsoleSession.Submission(agent, "system.update")
    submission.timeout = DurationArgument(seconds: 35 * 60)
    return submission
  }
}
