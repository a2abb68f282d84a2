/// What a reading of the configuration gave.
struct LoadedConfiguration: Sendable {
  /// Where a part of the identity came from.
  enum Origin: String, Sendable, Equatable {
    /// Nowhere: it is empty.
    case none
    /// The configuration file.
    case file
    /// An environment variable.
    case environment
    /// The config drive.
    case drive
  }

  /// The settings, the drive's identity among them.
  var configuration: AgentConfiguration
  /// What the operator should know; to be logged once, at `warning`.
  var warnings: [ConfigurationWarning] = []
  /// Where the agent's id came from.
  var agentUUIDOrigin = Origin.none
  /// Where the key came from.
  var apiKeyOrigin = Origin.none
  /// What the config drive holds; `nil` when there is none (worth a debug line) or it could not be read (a warning).
  var drive: ConfigDrive?
}
