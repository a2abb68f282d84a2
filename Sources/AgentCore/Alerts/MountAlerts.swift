import AgentProtocol
import HostMetrics
import JSON

/// Alerts on mounts that do not respond, and on their recovery.
struct MountAlerts: AlertCondition {
  /// The seconds after which a mount counts as unresponsive rather than slow.
  static let stallThreshold: UInt64 = 5

  private var reported: [String: StalledMount] = [:]

  mutating func update(_ observation: HostObservation, _ settings: AlertSettings) -> [AlertPayload] {
    var alerts: [AlertPayload] = []
    let stalled = observation.stalledMounts
    for mount in stalled where mount.seconds >= Self.stallThreshold && reported[mount.mountpoint] == nil {
      reported[mount.mountpoint] = mount
      alerts.append(Self.unresponsive(mount))
    }
    let current = Set(stalled.map(\.mountpoint))
    for mount in reported.values.sorted(by: { $0.mountpoint < $1.mountpoint })
    where !current.contains(mount.mountpoint) {
      reported[mount.mountpoint] = nil
      alerts.append(Self.recovered(mount))
    }
    return alerts
  }

  private static func unresponsive(_ mount: StalledMount) -> AlertPayload {
    AlertPayload(
      .critical, code: "MOUNT_UNRESPONSIVE",
      message: "\(mount.mountpoint) (\(mount.filesystem)) does not answer",
      objectType: .disk, objectID: mount.mountpoint, details: details(of: mount))
  }

  private static func recovered(_ mount: StalledMount) -> AlertPayload {
    AlertPayload(
      .info, code: "MOUNT_RECOVERED", message: "\(mount.mountpoint) (\(mount.filesystem)) answers again",
      objectType: .disk, objectID: mount.mountpoint, details: details(of: mount))
  }

  private static func details(of mount: StalledMount) -> JSONObject {
    ["source": .string(mount.source), "fstype": .string(mount.filesystem)]
  }
}
