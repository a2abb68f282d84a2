/// All the settings of the agent, as read from `agent.yaml`, the environment and the config drive.
///
/// `AgentConfiguration()` holds the documented defaults.
struct AgentConfiguration: Sendable, Equatable {
  /// `nats.*`: where to connect to, and as whom.
  var nats = NATSSettings()
  /// `agent.*`: intervals, allowlists and limits.
  var agent = AgentSettings()
  /// `iso.*`: the config drive.
  var iso = ConfigDriveSettings()
  /// `log.*`.
  var log = LogSettings()
  /// `autoheal.*`.
  var autoheal = AutohealSettings()
  /// `alerts.*`.
  var alerts = AlertSettings()
  /// The file that was read; `nil` when none was found and the defaults stand.
  var source: String?
}
