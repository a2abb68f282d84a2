import AgentCore
import ArgumentParser

/// Tells whether the agent would work, without running it.
struct Check: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Validate the configuration, tell what the agent would connect as, and test the connection.",
    discussion:
      "Exit codes: 0 all is well, 69 no connection, 77 the server refuses this identity, 78 unusable configuration."
  )

  @OptionGroup var options: CommonOptions
  @Flag(help: "Do not connect.")
  var offline = false

  func run() async throws {
    throw ExitCode(await ConnectionCheck(configurationPath: options.config, connects: !offline).run())
  }
}
