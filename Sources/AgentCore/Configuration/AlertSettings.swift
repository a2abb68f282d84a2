/// The section `alerts`: what is told about the machine without being asked.
struct AlertSettings: Sendable, Equatable {
  /// `alerts.enabled`: whether anything is told. What a command announced (the end of a reboot or an update) always is.
  var isEnabled = true
  /// `alerts.disk_usage`, 1 to 100: the percentage of a file system's space from which on it is told.
  var diskUsage = 90
  /// `alerts.inode_usage`, 1 to 100: the same of its inodes.
  var inodeUsage = 90
  /// `alerts.critical_usage`, 1 to 100: the percentage of either from which on it is critical.
  var criticalUsage = 97
  /// `alerts.hysteresis`, 0 to 50 points: how far below its threshold a usage must fall to count as recovered.
  var hysteresis = 5
}
