import AgentCore
import ArgumentParser

@main
struct PlusCloudsAgent: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plusclouds-agent",
    abstract: "Turns this machine into a managed node: dials out to NATS, reports, and runs what is allowed.",
    version: AgentVersion.current,
    subcommands: [Run.self, Check.self, Snapshot.self],
    defaultSubcommand: Run.self)
}

/// What all subcommands take.
struct CommonOptions: ParsableArguments {
  @Option(name: [.short, .long], help: "The configuration file; without it the usual places are searched.")
  var config: String?
}
