import AgentCore
import ArgumentParser

/// Runs the agent until it is told to stop, unless a subcommand is named.
@main
struct PlusCloudsAgent: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plusclouds-agent",
    abstract: "Turns this machine into a managed node: dials out to NATS, reports, and runs what is allowed.",
    discussion: """
      Without a subcommand the agent runs until SIGTERM or SIGINT; SIGHUP makes it read its configuration again.

      Exit codes: 0 stopped, 1 nats.max_reconnects used up, 78 unusable configuration.
      """,
    version: AgentVersion.current,
    subcommands: [Check.self, Snapshot.self])

  @OptionGroup var options: CommonOptions

  func run() async throws {
    throw ExitCode(await AgentProgram(configurationPath: options.config).run())
  }
}

/// What all subcommands take.
struct CommonOptions: ParsableArguments {
  @Option(name: [.short, .long], help: "The configuration file; without it the usual places are searched.")
  var config: String?
}
