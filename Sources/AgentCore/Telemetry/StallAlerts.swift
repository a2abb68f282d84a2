import AgentProtocol
import HostMetrics
import JSON

/// Which mounts that do not answer have been told to the platform: each is told once, and once more when it answers again.
struct StallAlerts: Sendable {
  private var told: [String: StalledMount] = [:]

  /// The alerts that follow from the mounts that do not answer now.
  mutating func update(_ stalled: [StalledMount]) -> [AlertPayload] {
    var alerts: [AlertPayload] = []
    let current = Dictionary(stalled.map { ($0.mountpoint, $0) }, uniquingKeysWith: { first, _ in first })
    for mount in stalled where told[mount.mountpoint] == nil {
      alerts.append(Self.unresponsive(mount))
    }
    for (mountpoint, mount) in told.sorted(by: { $0.key < $1.key }) where current[mountpoint] == nil {
      alerts.append(Self.recovered(mount))
    }
    told = current
    return alerts
  }

  /// The alert did not go out: it is due again.
  mutating func retract(_ alert: AlertPayload) {
    if alert.code == Self.unresponsiveCode { told[alert.objectID] = nil }
  }

  static let unresponsiveCode = "MOUNT_UNRESPONSIVE"
  static let recoveredCode = "MOUNT_RECOVERED"

  private static func unresponsive(_ mount: StalledMount) -> AlertPayload {
    AlertPayload(
      .critical, code: unresponsiveCode, message: "\(mount.mountpoint) (\(mount.filesystem)) does not answer",
      objectType: .disk, objectID: mount.mountpoint,
      details: ["source": .string(mount.source), "fstype": .string(mount.filesystem)])
  }

  private static func recovered(_ mount: StalledMount) -> AlertPayload {
    AlertPayload(
      .info, code: recoveredCode, message: "\(mount.mountpoint) (\(mount.filesystem)) answers again",
      objectType: .disk, objectID: mount.mountpoint,
      details: ["source": .string(mount.source), "fstype": .string(mount.filesystem)])
  }
}
