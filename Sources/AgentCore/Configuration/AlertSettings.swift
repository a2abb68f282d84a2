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
