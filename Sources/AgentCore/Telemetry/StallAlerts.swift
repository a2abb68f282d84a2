import AgentProtocol
import HostMetrics
import JSON

/// Which mounts that do not answer have been told to the platform: each is told once, and once more when it answers again.
struct StallAlerts: Sendable {
  /// Something to tell.
  struct Alert: Sendable, Equatable {
    /// What to send.
    let payload: AlertPayload
    fileprivate let mount: StalledMount
    fileprivate let isStalled: Bool
  }

  /// A mount that is merely slow is not worth an alert.
  static let patienceSeconds: UInt64 = 5

  private var told: [String: StalledMount] = [:]

  /// The alerts that follow from the mounts that do not answer now. They count as told.
  mutating func update(_ stalled: [StalledMount]) -> [Alert] {
    var alerts: [Alert] = []
    for mount in stalled where mount.seconds >= Self.patienceSeconds && told[mount.mountpoint] == nil {
      told[mount.mountpoint] = mount
      alerts.append(Alert(payload: Self.unresponsive(mount), mount: mount, isStalled: true))
    }
    let current = Set(stalled.map(\.mountpoint))
    for mount in told.values.sorted(by: { $0.mountpoint < $1.mountpoint })
    where !current.contains(mount.mountpoint) {
      told[mount.mountpoint] = nil
      alerts.append(Alert(payload: Self.recovered(mount), mount: mount, isStalled: false))
    }
    return alerts
  }

  /// The alert did not arrive: it is due again, if it is still true then.
  mutating func retract(_ alert: Alert) {
    told[alert.mount.mountpoint] = alert.isStalled ? nil : alert.mount
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
