/// The result of loading the configuration.
struct LoadedConfiguration: Sendable {
  /// The source of a part of the identity.
  enum Origin: String, Sendable, Equatable {
    /// Not configured.
    case none
    /// The configuration file.
    case file
    /// An environment variable.
    case environment
    /// The config drive.
    case drive
  }

  /// The settings, with the identity of the drive applied.
  var configuration: AgentConfiguration
  /// Problems for the operator, to be logged once at `warning`.
  var warnings: [ConfigurationWarning] = []
  /// The source of the agent's id.
  var agentUUIDOrigin = Origin.none
  /// The source of the key.
  var apiKeyOrigin = Origin.none
  /// The metadata of the config drive; `nil` when there is no drive, or it could not be read, which ``warnings`` reports.
  var drive: ConfigDrive?
}
