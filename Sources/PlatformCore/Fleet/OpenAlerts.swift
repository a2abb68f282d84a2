import JSON
import PlatformAPI

/// The alerts of one agent that nothing has closed yet: a pure value.
///
/// What tells that something is over closes what told that it began. An alert that has no counterpart stands for a day.
public struct OpenAlerts: Sendable, Hashable {
  /// So many are remembered. Beyond that the oldest of the code with the most go first, so that many alerts of one kind do not displace
  /// those of others.
  static let capacity = 32
  /// How long one without a counterpart stands, in seconds.
  static let standing: Double = 86_400

  /// An open alert.
  public struct Alert: Sendable, Hashable {
    /// When it was raised, in unix seconds, by the clock of its machine: shown, and never compared with other times.
    public var at: Double
    /// When the server received it, in unix seconds: what its age is counted from.
    public var receivedAt: Double = 0
    /// `info`, `warning`, `critical`, `emergency`.
    public var severity: String
    /// As `SERVICE_FAILED`.
    public var code: String
    /// For people.
    public var message: String
    /// `disk`, `volume`, `pool`, `network`, `system`.
    public var objectType: String
    /// Which one.
    public var objectID: String
  }

  /// The codes that tell of an end, each with those that it ends. The agent's own; other agents' codes only open.
  private static let ends: [String: Set<String>] = [
    "SERVICE_RECOVERED": ["SERVICE_FAILED", "SERVICE_GIVEN_UP"],
    "DISK_SPACE_RECOVERED": ["DISK_SPACE_LOW"],
    "DISK_INODES_RECOVERED": ["DISK_INODES_LOW"],
    "COMMANDS_RECEIVED": ["COMMANDS_REFUSED"],
    "MOUNT_RECOVERED": ["MOUNT_UNRESPONSIVE"],
    "REBOOT_NO_LONGER_REQUIRED": ["REBOOT_REQUIRED"],
    "REBOOT_COMPLETED": ["REBOOT_NOT_HAPPENED"],
    "UPDATE_FINISHED": ["UPDATE_FAILED"],
  ]
  /// The codes that something else ends.
  private static let lasting = ends.values.reduce(into: Set<String>()) { $0.formUnion($1) }
  /// Codes that stand for another one that is open already: a later stage of the same trouble.
  private static let stages: [String: Set<String>] = ["SERVICE_GIVEN_UP": ["SERVICE_FAILED"]]

  /// The alerts, in the order in which they were raised.
  public private(set) var alerts: [Alert] = []

  /// None.
  public init() {}

  /// Takes an alert in.
  public mutating func note(_ alert: Alert) {
    if let ended = Self.ends[alert.code] {
      alerts.removeAll { ended.contains($0.code) && $0.objectID == alert.objectID }
      return
    }
    guard alert.severity != "info" else { return }
    let replaced = (Self.stages[alert.code] ?? []).union([alert.code])
    alerts.removeAll { replaced.contains($0.code) && $0.objectID == alert.objectID }
    alerts.append(alert)
    while alerts.count > Self.capacity { removeOldestOfMostFrequentCode() }
  }

  private mutating func removeOldestOfMostFrequentCode() {
    var counts: [String: Int] = [:]
    for alert in alerts { counts[alert.code, default: 0] += 1 }
    let most = counts.values.max() ?? 0
    // Of several codes with equally many the one with the oldest alert.
    guard let index = alerts.firstIndex(where: { counts[$0.code] == most }) else { return }
    alerts.remove(at: index)
  }

  /// Removes the alerts from before a boot: the agent raises anew what still holds.
  ///
  /// - Parameter time: When the machine was booted, in unix seconds.
  public mutating func booted(at time: Double) {
    alerts.removeAll { $0.receivedAt < time }
  }

  /// Those that are open at a time, in unix seconds.
  public func open(at time: Double) -> [Alert] {
    alerts.filter { Self.lasting.contains($0.code) || time - $0.receivedAt < Self.standing }
  }
}

extension OpenAlerts {
  /// As it is kept.
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

  /// From what was kept.
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

  /// The open ones as operators see them.
  func views(of agent: String, at time: Double) -> [AlertView] {
    open(at: time).map {
      AlertView(
        agent: agent, at: $0.at, receivedAt: $0.receivedAt, severity: $0.severity, code: $0.code,
        message: $0.message,
        objectType: $0.objectType, objectId: $0.objectID)
    }
  }
}
