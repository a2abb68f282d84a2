public import ArgumentParser
public import PlatformAPI

/// The options that all commands share.
struct ConsoleOptions: ParsableArguments, Sendable {
  @Option(
    name: [.customShort("o"), .customLong("output")],
    help: "table is for people; json and yaml show the platform's answer.")
  var output: OutputFormat = .table

  @Option(help: ArgumentHelp("Use this context instead of the current one.", valueName: "name"))
  var context: String?

  @Option(
    help: ArgumentHelp(
      "How long to wait: 30s, 5m, 1h30m. (default: 5s for a request, 60s for a command)",
      valueName: DurationArgument.valueName))
  var timeout: DurationArgument?

  @Flag(name: .shortAndLong, help: "Report the connection and response times.")
  var verbose = false
}

extension OperatorRole: ExpressibleByArgument {}

extension CommandView.State: ExpressibleByArgument {}
