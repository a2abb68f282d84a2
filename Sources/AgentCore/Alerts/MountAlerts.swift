import AgentProtocol
import Encoding
import HostMetrics
import JSON

/// Alerts on mounts that do not respond, and on their recovery.
struct MountAlerts: AlertCondition {
  /// The seconds after which a mount counts as unresponsive rather than slow.
  static let stallThreshold: UInt64 = 5

  private var reported: [ExactString: StalledMount] = [:]

  mutating func update(_ observation: HostObservation, _ settings: AlertSettings) -> [AlertPayload] {
    var alerts: [AlertPayload] = []
    let stalled = observation.stalledMounts
    for mount in stalled where mount.seconds >= Self.stallThreshold && reported[mount.key] == nil {
      reported[mount.key] = mount
      alerts.append(Self.unresponsive(mount))
    }
    let current = Set(stalled.map(\.key))
    for (key, mount) in reported.sorted(by: { $0.key < $1.key }) where !current.contains(key) {
      reported[key] = nil
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

extension StalledMount {
  fileprivate var key: ExactString { ExactString(mountpoint) }
}
