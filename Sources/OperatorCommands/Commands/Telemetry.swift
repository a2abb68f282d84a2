import ArgumentParser
import JSON
import PlatformAPI

/// `plsctl telemetry …`
struct Telemetry: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "telemetry", abstract: "Show and watch resource usage.",
    discussion: """
      EXAMPLES
        plsctl telemetry watch web-1
        plsctl telemetry show web-1
      """,
    subcommands: [Watch.self, Show.self, Interval.self])
}

extension Telemetry {
  /// `plsctl telemetry show`
  struct Show: PlatformCommand {
    static let configuration = CommandConfiguration(
      commandName: "show", abstract: "Show the last telemetry of an agent.",
      discussion: """
        EXAMPLES
          plsctl telemetry show web-1
          plsctl telemetry show web-1 -o json
        """)

    @OptionGroup var options: ConsoleOptions
    @Argument(help: AgentArgument.help, completion: AgentArgument.completion) var agent: String

    func perform(in session: ConsoleSession) async throws -> ExitStatus {
      let result = try await session.client.call(.telemetryLast, Requests.Agent(agent: agent))
      try session.output.show(result) {
        let event = result.objectValue ?? [:]
        // The platform answers with an event or with the payload alone.
        let payload = event["payload"] ?? event["telemetry"] ?? result
        let palette = session.console.palette()
        let at = event["at"]?.doubleValue ?? event["telemetry_at"]?.doubleValue
        let age = NumberFormat.age(of: at, now: session.console.now())
        guard payload.objectValue != nil else { return ["no telemetry yet"] }
        return (age.map { [palette.paint("\($0) ago", .faint)] } ?? [])
          + TelemetryText.lines(of: payload, palette: palette)
      }
      return .done
    }
  }

  /// `plsctl telemetry interval`
  struct Interval: OperationCommand {
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
}
