import ArgumentParser

/// `plsctl telemetry …`
struct TelemetryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "telemetry", abstract: "Show and watch resource usage.",
    discussion: """
      EXAMPLES
        plsctl telemetry watch web-1
        plsctl telemetry show web-1
      """,
    subcommands: [TelemetryWatchCommand.self, TelemetryShowCommand.self, TelemetryIntervalCommand.self])
}
