import ArgumentParser
import Logging
import PlatformCore
import StructuredLogging

/// `--config`, and what is read from it.
struct ConfigurationOption: ParsableArguments {
  @Option(name: .shortAndLong, help: "The configuration file.")
  var config = "/etc/plusclouds-platform/platform.yaml"

  static let environment = ProgramEnvironment.current()

  /// The configuration and a logger as it says.
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
