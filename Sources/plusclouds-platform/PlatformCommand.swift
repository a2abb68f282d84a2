import ArgumentParser
import Logging
import PlatformAPI
import PlatformCore
import StructuredLogging

@main struct PlatformCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plusclouds-platform",
    abstract: "The platform's side of the agents: authenticates them, keeps their state, delivers commands.",
    discussion: """
      On a developer's machine, one command:
        plusclouds-platform dev
      On a server or a cluster:
        plusclouds-platform init platform --host nats.example.com --tls-cert … --tls-key …
        nats-server -c platform/nats-server.conf
        plusclouds-platform check --config platform/platform.yaml
        plusclouds-platform operator add alice --role admin --config platform/platform.yaml
        plusclouds-platform serve --config platform/platform.yaml

      Exit codes: 0 fine, 64 wrong usage, 69 no connection, 73 a file is there already, 77 refused by the server,
      78 unusable configuration.
      """,
    version: PlatformVersion.current,
    subcommands: [
      Develop.self, Serve.self, Init.self, Check.self, Operators.self,
    ])
}

extension PlatformCommand {
  /// `serve`
  struct Serve: AsyncParsableCommand {
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

  /// `check`
  struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "check",
      abstract: "Checks whether serve would work: configuration, keys, both connections.")

    @OptionGroup var options: ConfigurationOption
    @Flag(help: "Read the configuration only.")
    var offline = false
    @Flag(help: "Print every key with the value in effect, too.")
    var settings = false

    func run() async throws {
      let check = PlatformCheck(
        path: options.config, environment: ConfigurationOption.environment, connects: !offline,
        listsSettings: settings)
      throw ExitCode(await check.run { Output.line($0) })
    }
  }
}

/// The option `--config`, and the configuration that it names.
struct ConfigurationOption: ParsableArguments {
  @Option(name: .shortAndLong, help: "The configuration file.")
  var config = "/etc/plusclouds-platform/platform.yaml"

  static let environment = ProgramEnvironment.current()

  /// Loads the configuration and creates a logger by it.
  func load() throws -> (PlatformConfiguration, Logger) {
    let loaded = try PlatformConfiguration.load(path: config, environment: Self.environment)
    let (level, format) = (loaded.configuration.logLevel, loaded.configuration.logFormat)
    let logger = Logger(label: "plusclouds-platform") { _ in
      StructuredLogHandler(standardErrorFormat: format, level: level)
    }
    for warning in loaded.warnings { logger.warning("configuration", metadata: ["reason": "\(warning)"]) }
    return (loaded.configuration, logger)
  }
}
