import ArgumentParser

/// The options that every command has.
struct ConsoleOptions: ParsableArguments, Sendable {
  @Option(
    name: [.customShort("o"), .customLong("output")],
    help: "table for people; json and yaml as the platform answered.")
  var output: OutputFormat = .table

  @Option(help: ArgumentHelp("Another context than the current one.", valueName: "name"))
  var context: String?

  @Option(
    help: ArgumentHelp(
      "How long to wait: 30s, 5m, 1h30m. (default: 5s for an answer, 60s for a command)",
      valueName: DurationArgument.valueName))
  var timeout: DurationArgument?

  @Flag(name: .shortAndLong, help: "Tell about the connection and how long answers took.")
  var verbose = false
}
