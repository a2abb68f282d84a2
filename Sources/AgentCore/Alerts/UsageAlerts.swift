import AgentProtocol
import HostMetrics
import JSON

/// File systems that run full: each is told when it reaches the threshold, again when it becomes critical, and once more when
/// it has fallen far enough below. A figure that sways around a threshold is told once.
struct UsageAlerts: AlertCondition {
  /// What runs out.
  enum Measure: Sendable {
    /// Bytes.
    case space
    /// The number of files that a file system can hold.
    case inodes
  }

  private struct Level {
    var isCritical: Bool
    /// For how many observations in a row it was missing.
    var absences = 0
    var disk: DiskUsage
  }

  /// For so many observations in a row a file system may be missing (it stalls, its device fails) before it counts as gone.
  static let patience = 3

  private let measure: Measure
  private var told: [String: Level] = [:]

  /// A condition of one measure.
  init(_ measure: Measure) {
    self.measure = measure
  }

  mutating func update(_ observation: HostObservation, _ settings: AlertSettings) -> [AlertPayload] {
    var alerts: [AlertPayload] = []
    for disk in observation.disks {
      guard let usage = measure.usage(of: disk) else { continue }
      if let alert = update(disk, usage, settings) { alerts.append(alert) }
    }
    return alerts + gone(observation)
  }

  private mutating func update(
    _ disk: DiskUsage, _ usage: Double, _ settings: AlertSettings
  ) -> AlertPayload? {
    let warning = Double(measure == .space ? settings.diskUsage : settings.inodeUsage)
    let critical = max(warning, Double(settings.criticalUsage))
    let hysteresis = Double(settings.hysteresis)
    guard var level = told[disk.mountpoint] else {
      guard usage >= warning else { return nil }
      told[disk.mountpoint] = Level(isCritical: usage >= critical, disk: disk)
      return low(disk, usage, isCritical: usage >= critical)
    }
    // A threshold below the hysteresis still has a way back.
    if usage < max(warning - hysteresis, warning / 2) {
      told[disk.mountpoint] = nil
      return recovered(disk, usage)
    }
    let becameCritical = usage >= critical && !level.isCritical
    if becameCritical {
      level.isCritical = true
    } else if usage < critical - hysteresis {
      level.isCritical = false
    }
    level.absences = 0
    level.disk = disk
    told[disk.mountpoint] = level
    return becameCritical ? low(disk, usage, isCritical: true) : nil
  }

  /// What is no longer mounted runs full no more. A mount that stalls is still there.
  private mutating func gone(_ observation: HostObservation) -> [AlertPayload] {
    guard !told.isEmpty else { return [] }
    let present = Set(observation.disks.map(\.mountpoint) + observation.stalledMounts.map(\.mountpoint))
    var alerts: [AlertPayload] = []
    for (mountpoint, var level) in told.sorted(by: { $0.key < $1.key }) where !present.contains(mountpoint) {
      level.absences += 1
      if level.absences >= Self.patience {
        told[mountpoint] = nil
        alerts.append(recovered(level.disk, nil))
      } else {
        told[mountpoint] = level
      }
    }
    return alerts
  }

  private func low(_ disk: DiskUsage, _ usage: Double, isCritical: Bool) -> AlertPayload {
    let what = measure == .space ? "space" : "inodes"
    return AlertPayload(
      isCritical ? .critical : .warning,
      code: measure == .space ? "DISK_SPACE_LOW" : "DISK_INODES_LOW",
      message: "\(disk.mountpoint): \(percent(usage)) of the \(what) is in use",
      objectType: .disk, objectID: disk.mountpoint, details: details(of: disk, usage))
  }

  private func recovered(_ disk: DiskUsage, _ usage: Double?) -> AlertPayload {
    let what = measure == .space ? "space" : "inodes"
    let message =
      usage.map { "\(disk.mountpoint): only \(percent($0)) of the \(what) is in use again" }
      ?? "\(disk.mountpoint) is no longer mounted"
    return AlertPayload(
      .info, code: measure == .space ? "DISK_SPACE_RECOVERED" : "DISK_INODES_RECOVERED", message: message,
      objectType: .disk, objectID: disk.mountpoint, details: details(of: disk, usage))
  }

  private func details(of disk: DiskUsage, _ usage: Double?) -> JSONObject {
    var details: JSONObject = ["device": .string(disk.device)]
    details.append("fstype", ifPresent: disk.filesystem.map(JSONValue.string))
    guard let usage else { return details }
    details.append("usage_pct", ifPresent: .number((usage * 10).rounded() / 10))
    switch measure {
    case .space:
      details.append("total_bytes", ifPresent: JSONValue(disk.totalBytes))
      details.append("used_bytes", ifPresent: JSONValue(disk.usedBytes))
    case .inodes:
      details.append("inodes_total", ifPresent: disk.inodesTotal.map { JSONValue($0) })
      details.append("inodes_used", ifPresent: disk.inodesUsed.map { JSONValue($0) })
    }
    return details
  }

  private func percent(_ usage: Double) -> String {
    // Down, so that 99.96 % does not read as 100 %.
    let tenths = Int(min(1_000, max(0, usage * 10)).rounded(.down))
    return tenths % 10 == 0 ? "\(tenths / 10) %" : "\(tenths / 10).\(tenths % 10) %"
  }
}

extension UsageAlerts.Measure {
  /// The part in use, 0 to 100; nil where there is no fixed number, or where a full one is as it should be.
  fileprivate func usage(of disk: DiskUsage) -> Double? {
    // An image on a disc is always full.
    guard disk.filesystem != "udf" else { return nil }
    switch self {
    case .space:
      return disk.totalBytes > 0 ? disk.usagePercent : nil
    case .inodes:
      guard let total = disk.inodesTotal, let used = disk.inodesUsed, total > 0 else { return nil }
      return Double(used) / Double(total) * 100
    }
  }
}
