/// All the settings of the agent, as read from `agent.yaml`, the environment and the config drive.
///
/// `AgentConfiguration()` holds the documented defaults.
public struct AgentConfiguration: Sendable, Equatable {
  /// `nats.*`: where to connect to, and as whom.
  public var nats: NATSSettings
  /// `agent.*`: intervals, allowlists and limits.
  public var agent: AgentSettings
  /// `iso.*`: the config drive.
  public var iso: ConfigDriveSettings
  /// `log.*`.
  public var log: LogSettings
  /// `autoheal.*`.
  public var autoheal: AutohealSettings
  /// The file that was read; `nil` when none was found and the defaults stand.
  public var source: String?

  /// Settings from their parts; what is left out has its default.
  public init(
    nats: NATSSettings = NATSSettings(),
    agent: AgentSettings = AgentSettings(),
    iso: ConfigDriveSettings = ConfigDriveSettings(),
    log: LogSettings = LogSettings(),
    autoheal: AutohealSettings = AutohealSettings(),
    source: String? = nil
  ) {
    self.nats = nats
    self.agent = agent
    self.iso = iso
    self.log = log
    self.autoheal = autoheal
    self.source = source
  }
}
