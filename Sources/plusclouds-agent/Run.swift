import AgentCore
import ArgumentParser

/// Runs the agent until it is told to stop.
struct Run: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run the agent (this is what happens without a subcommand).",
    discussion: "Exit codes: 0 stopped, 78 unusable configuration, 1 nats.max_reconnects used up.")

  @OptionGroup var options: CommonOptions

  func run() async throws {
    let status = await AgentProgram(configurationPath: options.config).run()
    throw ExitCode(status)
  }
}
