import Logging
import StructuredLogging

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

extension LogSettings {
  init(_ decoder: SettingDecoder) throws(ConfigurationError) {
    self.init()
    let levels: [(name: String, value: Logger.Level)] = [
      ("debug", .debug), ("info", .info), ("warn", .warning), ("error", .error), ("warning", .warning),
    ]
    level = try decoder.choice("log.level", levels) ?? level
    format = try decoder.choice("log.format", [("json", LogFormat.json), ("console", .console)]) ?? format
    file = try decoder.path("log.file")
  }
}

extension AutohealSettings {
  init(_ decoder: SettingDecoder) throws(ConfigurationError) {
    self.init()
    isEnabled = try decoder.bool("autoheal.enabled") ?? isEnabled
    restartDelay = try decoder.duration("autoheal.restart_delay", atLeast: .zero) ?? restartDelay
    units = try decoder.strings("autoheal.units")?.items.map(\.text) ?? units
    exclude = try decoder.strings("autoheal.exclude")?.items.map(\.text) ?? exclude
    maxRestarts = try decoder.integer("autoheal.max_restarts", in: 1...100) ?? maxRestarts
  }
}

extension AlertSettings {
  init(_ decoder: SettingDecoder) throws(ConfigurationError) {
    self.init()
    isEnabled = try decoder.bool("alerts.enabled") ?? isEnabled
    diskUsage = try decoder.integer("alerts.disk_usage", in: 1...100) ?? diskUsage
    inodeUsage = try decoder.integer("alerts.inode_usage", in: 1...100) ?? inodeUsage
    criticalUsage = try decoder.integer("alerts.critical_usage", in: 1...100) ?? criticalUsage
    hysteresis = try decoder.integer("alerts.hysteresis", in: 0...50) ?? hysteresis
  }
}
