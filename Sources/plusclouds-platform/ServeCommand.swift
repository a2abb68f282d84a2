import ArgumentParser
import PlatformCore

struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Serves a fleet over an existing nats-server or cluster, until SIGTERM.",
    discussion: "Several instances share the work; any of them may end at any time.")

  @OptionGroup var options: ConfigurationOption

  func run() async throws {
    do {
      let (configuration, logger) = try options.load()
      let platform = try Platform(configuration: configuration, logger: logger)
      try await StopSignals.handle(stop: { platform.stop() }) { try await platform.run() }
    } catch {
      throw Output.fail(error)
    }
  }
}
