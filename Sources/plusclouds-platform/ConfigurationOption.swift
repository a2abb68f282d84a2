import ArgumentParser
import Logging
import PlatformCore
import StructuredLogging

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
