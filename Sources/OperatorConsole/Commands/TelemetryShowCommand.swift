import ArgumentParser
import JSON
import PlatformAPI

/// `plsctl telemetry show`
struct TelemetryShowCommand: PlatformCommand {
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
