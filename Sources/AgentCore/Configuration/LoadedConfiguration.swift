/// What a reading of the configuration gave.
public struct LoadedConfiguration: Sendable {
  /// Where a part of the identity came from.
  public enum Origin: String, Sendable, Equatable {
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
  public var configuration: AgentConfiguration
  /// What the operator should know; to be logged once, at `warning`.
  public var warnings: [ConfigurationWarning]
  /// Where the agent's id came from.
  public var agentUUIDOrigin: Origin
  /// Where the key came from.
  public var apiKeyOrigin: Origin
  /// What the config drive holds; `nil` when there is none (worth a debug line) or it could not be read (a warning).
  public var drive: ConfigDrive?

  /// A reading from its parts.
  public init(
    configuration: AgentConfiguration,
    warnings: [ConfigurationWarning] = [],
    agentUUIDOrigin: Origin = .none,
    apiKeyOrigin: Origin = .none,
    drive: ConfigDrive? = nil
  ) {
    self.configuration = configuration
    self.warnings = warnings
    self.agentUUIDOrigin = agentUUIDOrigin
    self.apiKeyOrigin = apiKeyOrigin
    self.drive = drive
  }
}
