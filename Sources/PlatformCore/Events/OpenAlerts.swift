import Encoding
import JSON
import PlatformAPI

/// The open alerts of one agent. No clock, no I/O.
///
/// A recovery alert closes the alert it refers to. An alert without a recovery expires after a day.
public struct OpenAlerts: Sendable, Hashable {
  /// The maximum number of alerts. Beyond it the oldest alert of the most frequent code is removed, so that many alerts of one kind
  /// do not displace others.
  static let capacity = 32
  /// The lifetime of an alert without a recovery, in seconds.
  static let lifetime: Double = 86_400

  /// An alert.
  public struct Alert: Sendable, Hashable {
    /// The time at which it was raised, in unix seconds, by the clock of the host. It is shown, and never compared with other times.
    public var at: Double
    /// The time at which the server received it, in unix seconds. Its age counts from there.
    public var receivedAt: Double = 0
    /// `info`, `warning`, `critical`, `emergency`.
    public var severity: String
    /// The code, such as `SERVICE_FAILED`.
    public var code: String
    /// The message for people.
    public var message: String
    /// `disk`, `volume`, `pool`, `network`, `system`.
    public var objectType: String
    /// The object, such as a unit or a mount point.
    public var objectID: String
  }

  /// The recovery codes, each with the codes that it closes. Codes of other agents only open alerts.
  private static let recoveries: [ExactString: Set<ExactString>] = [
    "SERVICE_RECOVERED": ["SERVICE_FAILED", "SERVICE_GIVEN_UP"],
    "DISK_SPACE_RECOVERED": ["DISK_SPACE_LOW"],
    "DISK_INODES_RECOVERED": ["DISK_INODES_LOW"],
    "COMMANDS_RECEIVED": ["COMMANDS_REFUSED"],
    "MOUNT_RECOVERED": ["MOUNT_UNRESPONSIVE"],
    "REBOOT_NO_LONGER_REQUIRED": ["REBOOT_REQUIRED"],
    "REBOOT_COMPLETED": ["REBOOT_NOT_HAPPENED"],
    "UPDATE_FINISHED": ["UPDATE_FAILED"],
  ]
  /// The codes that a recovery closes.
  private static let recoverable = recoveries.values.reduce(into: Set<ExactString>()) { $0.formUnion($1) }
  /// The codes that replace an open alert: a later stage of the same problem.
  private static let stages: [ExactString: Set<ExactString>] = ["SERVICE_GIVEN_UP": ["SERVICE_FAILED"]]

  /// The alerts, in the order in which they were raised.
  public private(set) var alerts: [Alert] = []

  /// Creates an empty list.
  public init() {}

  /// Records an alert: opens it, or closes those that it refers to.
  public mutating func record(_ alert: Alert) {
    let code = ExactString(alert.code)
    if let closed = Self.recoveries[code] {
      alerts.removeAll {
        closed.contains(ExactString($0.code)) && $0.objectID.hasSameBytes(as: alert.objectID)
      }
      return
    }
    guard alert.severity != "info" else { return }
    let replaced = (Self.stages[code] ?? []).union([code])
    alerts.removeAll {
      replaced.contains(ExactString($0.code)) && $0.objectID.hasSameBytes(as: alert.objectID)
    }
    alerts.append(alert)
    while alerts.count > Self.capacity { removeOldestOfMostFrequentCode() }
  }

  private mutating func removeOldestOfMostFrequentCode() {
    var counts: [ExactString: Int] = [:]
    for alert in alerts { counts[ExactString(alert.code), default: 0] += 1 }
    let most = counts.values.max() ?? 0
    // Of several equally frequent codes, the one with the oldest alert.
    guard let index = alerts.firstIndex(where: { counts[ExactString($0.code)] == most }) else { return }
    alerts.remove(at: index)
  }

  /// Removes the alerts from before a boot. The agent raises again what still holds.
  ///
  /// - Parameter time: The boot time, in unix seconds.
  public mutating func removeAll(receivedBefore time: Double) {
    alerts.removeAll { $0.receivedAt < time }
  }

  /// The alerts that are open at `time` (unix seconds).
  public func open(at time: Double) -> [Alert] {
    alerts.filter { Self.recoverable.contains(ExactString($0.code)) || time - $0.receivedAt < Self.lifetime }
  }
}

extension OpenAlerts {
  /// The stored form.
  var json: JSONValue {
    .array(
      alerts.map {
        [
          "at": .number($0.at), "received_at": .number($0.receivedAt), "severity": .string($0.severity),
          "code": .string($0.code),
          "message": .string($0.message), "object_type": .string($0.objectType),
          "object_id": .string($0.objectID),
        ]
      })
  }

  /// Decodes the stored form; ignores invalid entries.
  init(json: JSONValue?) {
    for value in (json?.arrayValue ?? []).suffix(Self.capacity) {
      guard let alert = value.objectValue, let at = alert["at"]?.doubleValue,
        let code = alert["code"]?.stringValue
      else { continue }
      alerts.append(
        Alert(
          at: at, receivedAt: alert["received_at"]?.doubleValue ?? at,
          severity: alert["severity"]?.stringValue ?? "", code: code,
          message: alert["message"]?.stringValue ?? "", objectType: alert["object_type"]?.stringValue ?? "",
          objectID: alert["object_id"]?.stringValue ?? ""))
    }
  }

  /// The views of the open alerts at `time` (unix seconds).
  func views(of agent: String, at time: Double) -> [AlertView] {
    open(at: time).map {
      AlertView(
        agent: agent, at: $0.at, receivedAt: $0.receivedAt, severity: $0.severity, code: $0.code,
        message: $0.message,
        objectType: $0.objectType, objectId: $0.objectID)
    }
  }
}
