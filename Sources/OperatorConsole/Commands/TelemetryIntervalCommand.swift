import ArgumentParser
import JSON

/// `plsctl telemetry interval`
struct TelemetryIntervalCommand: OperationCommand {
  static let configuration = CommandConfiguration(
    commandName: "interval", abstract: "Set an agent's telemetry interval until its next restart.",
    discussion: """
      EXAMPLES
        plsctl telemetry interval web-1 5s
      """)

  @OptionGroup var options: ConsoleOptions
  @OptionGroup var delivery: DeliveryOptions
  @Argument(help: AgentArgument.help, completion: AgentArgument.completion) var agent: String
  @Argument(help: "5s to 24h.") var interval: DurationArgument

  func submission(for agent: ResolvedAgent) -> ConsoleSession.Submission {
    .init(agent, "telemetry.set_interval", ["interval_s": .integer(interval.seconds)])
  }
}
