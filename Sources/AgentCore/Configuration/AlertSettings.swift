/// The section `alerts`: which conditions of the machine raise alerts.
struct AlertSettings: Sendable, Equatable {
  /// `alerts.enabled`: whether alerts are raised. Alerts that a command announced (the end of a reboot or an update) always are.
  var isEnabled = true
  /// `alerts.disk_usage`, 1 to 100: the percentage of used space at which a file system raises an alert.
  var diskUsage = 90
  /// `alerts.inode_usage`, 1 to 100: the percentage of used inodes at which a file system raises an alert.
  var inodeUsage = 90
  /// `alerts.critical_usage`, 1 to 100: the percentage of either at which the alert is critical.
  var criticalUsage = 97
  /// `alerts.hysteresis`, 0 to 50 points: how far below its threshold a usage must fall to count as recovered.
  var hysteresis = 5
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
