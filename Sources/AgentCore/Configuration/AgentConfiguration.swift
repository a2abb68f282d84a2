/// The settings of the agent, merged from `agent.yaml`, the environment and the config drive.
///
/// `AgentConfiguration()` holds the documented defaults.
struct AgentConfiguration: Sendable, Equatable {
  /// `nats.*`: servers and credentials.
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
  /// The file that was read; `nil` when none was found and the defaults apply.
  var source: String?
}

extension AgentConfiguration {
  /// Decodes every section. The identity of the config drive is not applied here.
  init(_ decoder: inout SettingDecoder) throws(ConfigurationError) {
    self.init(
      nats: try NATSSettings(&decoder),
      agent: try AgentSettings(&decoder),
      iso: ConfigDriveSettings(
        mountPath: try decoder.path("iso.mount_path") ?? ConfigDriveSettings().mountPath),
      log: try LogSettings(decoder),
      autoheal: try AutohealSettings(decoder),
      alerts: try AlertSettings(decoder))
  }
}
