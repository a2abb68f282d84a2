import AgentProtocol
import Encoding
import HostMetrics
import JSON

/// Alerts on full file systems: raised at the threshold, raised again when usage becomes critical, and closed when usage has fallen
/// below the threshold by the hysteresis.
///
/// An alert belongs to the file system and not to its mount point, so another mount of it changes nothing. Datasets that share the
/// free space of a zfs pool share one alert.
struct UsageAlerts: AlertCondition {
  /// The resource that runs out.
  enum Measure: Sendable {
    case space
    case inodes
  }

  private struct Level {
    var isCritical: Bool
    /// The number of consecutive observations without it.
    var absences = 0
    /// The last observation. It keeps the object of the first alert, so that the recovery closes that alert.
    var subject: UsageSubject
  }

  /// The consecutive observations without a file system (a stalled mount, a failing device) after which it counts as unmounted.
  static let toleratedAbsences = 3

  private let measure: Measure
  private var open: [ExactString: Level] = [:]

  /// Creates a condition for one resource.
  init(_ measure: Measure) {
    self.measure = measure
  }

  mutating func update(_ observation: HostObservation, _ settings: AlertSettings) -> [AlertPayload] {
    let subjects = UsageSubject.subjects(
      in: observation.disks, measure, separate: { open[$0] != nil })
    var alerts: [AlertPayload] = []
    for subject in subjects {
      if let alert = update(subject, settings) { alerts.append(alert) }
    }
    return alerts + missing(subjects, observation)
  }

  private mutating func update(_ subject: UsageSubject, _ settings: AlertSettings) -> AlertPayload? {
    let warning = Double(measure == .space ? settings.diskUsage : settings.inodeUsage)
    let critical = max(warning, Double(settings.criticalUsage))
    let hysteresis = Double(settings.hysteresis)
    let usage = subject.usage
    guard var level = open[subject.key] else {
      guard usage >= warning else { return nil }
      open[subject.key] = Level(isCritical: usage >= critical, subject: subject)
      return low(subject, isCritical: usage >= critical)
    }
    let objectID = level.subject.objectID
    level.subject = subject
    level.subject.objectID = objectID
    // A threshold below the hysteresis must still allow recovery.
    if usage < max(warning - hysteresis, warning / 2) {
      open[subject.key] = nil
      return recovered(level.subject, "only \(percent(usage)) of the \(measure.noun) is in use again", usage)
    }
    let becameCritical = usage >= critical && !level.isCritical
    if becameCritical {
      level.isCritical = true
    } else if usage < critical - hysteresis {
      level.isCritical = false
    }
    level.absences = 0
    open[subject.key] = level
    return becameCritical ? low(level.subject, isCritical: true) : nil
  }

  /// Closes the alerts on file systems that are no longer mounted or no longer writable. A stalled mount still counts as mounted.
  private mutating func missing(
    _ subjects: [UsageSubject], _ observation: HostObservation
  ) -> [AlertPayload] {
    guard !open.isEmpty else { return [] }
    var present = Set(subjects.map(\.key))
    for mount in observation.stalledMounts {
      present.insert(ExactString(mount.filesystemID ?? mount.mountpoint))
      if let pool = mount.pool { present.insert(UsageSubject.key(ofPool: pool)) }
    }
    let disks = observation.disks.filter(\.isReadOnly)
    let readOnly = Set(disks.map(UsageSubject.key) + disks.compactMap(\.pool).map(UsageSubject.key(ofPool:)))
    var alerts: [AlertPayload] = []
    for (key, var level) in open.sorted(by: { $0.key < $1.key }) where !present.contains(key) {
      level.absences += 1
      if readOnly.contains(key) {
        open[key] = nil
        alerts.append(recovered(level.subject, "is read-only now", nil))
      } else if level.absences >= Self.toleratedAbsences {
        open[key] = nil
        alerts.append(recovered(level.subject, "is no longer mounted", nil))
      } else {
        open[key] = level
      }
    }
    return alerts
  }

  private func low(_ subject: UsageSubject, isCritical: Bool) -> AlertPayload {
    AlertPayload(
      isCritical ? .critical : .warning,
      code: measure == .space ? "DISK_SPACE_LOW" : "DISK_INODES_LOW",
      message: "\(subject.objectID): \(percent(subject.usage)) of the \(measure.noun) is in use",
      objectType: subject.objectType, objectID: subject.objectID, details: details(of: subject, subject.usage)
    )
  }

  private func recovered(_ subject: UsageSubject, _ text: String, _ usage: Double?) -> AlertPayload {
    AlertPayload(
      .info, code: measure == .space ? "DISK_SPACE_RECOVERED" : "DISK_INODES_RECOVERED",
      message: "\(subject.objectID)\(usage == nil ? " " : ": ")\(text)", objectType: subject.objectType,
      objectID: subject.objectID, details: details(of: subject, usage))
  }

  private func details(of subject: UsageSubject, _ usage: Double?) -> JSONObject {
    let disk = subject.disk
    var details: JSONObject = ["device": .string(disk.device)]
    details.append("fstype", ifPresent: disk.filesystem.map(JSONValue.string))
    if subject.objectType == .pool {
      details.append("mountpoint", .string(disk.mountpoint))
      details.append("datasets", JSONValue(subject.members))
    }
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
    // Rounded down, so that 99.96 % is not shown as 100 %.
    let tenths = Int(min(1_000, max(0, usage * 10)).rounded(.down))
    return tenths % 10 == 0 ? "\(tenths / 10) %" : "\(tenths / 10).\(tenths % 10) %"
  }
}

extension UsageAlerts.Measure {
  fileprivate var noun: String { self == .space ? "space" : "inodes" }
}
