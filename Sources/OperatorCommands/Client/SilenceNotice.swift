import Encoding
import PlatformAPI

/// Decides when to report that an agent is silent while a command waits for it. No I/O.
struct SilenceNotice: Sendable {
  /// The connection state of an agent.
  enum Condition: Sendable, Hashable {
    /// The last heartbeat is recent enough.
    case heard
    /// No heartbeat was received for longer than the threshold.
    case unheard
    /// It has never connected.
    case neverConnected
    /// Its tokens were revoked.
    case revoked
  }

  /// The heartbeat interval in seconds if the platform does not know it: the agent's default.
  private static let defaultInterval: Double = 30
  /// The maximum delay in seconds until the platform shows a heartbeat.
  private static let displayDelay: Double = 10
  /// The interval in seconds at which an unchanged notice is repeated.
  private static let repetition: Double = 30

  private var reported = Condition.heard
  private var reportedAt = -Double.infinity

  init() {}

  /// The age of the last heartbeat, in seconds, from which on an agent counts as unheard: two intervals, but at least one interval
  /// plus the delay until the platform shows it.
  static func threshold(interval: Double?) -> Double {
    let interval = interval ?? defaultInterval
    return max(2 * interval, interval + displayDelay)
  }

  /// The condition of an agent.
  ///
  /// - Parameter now: The current time in unix seconds.
  static func condition(of view: AgentView, at now: Double) -> Condition {
    switch view.status {
    case .pending: return .neverConnected
    case .revoked: return .revoked
    case .silent: return .unheard
    case .alive:
      let age = view.lastHeartbeat.map { now - $0 } ?? 0
      return age > threshold(interval: view.heartbeatIntervalS) ? .unheard : .heard
    }
  }

  /// The line to report; nil if nothing has changed.
  ///
  /// - Parameters:
  ///   - name: The agent's display name.
  ///   - waits: How long the command waits, such as `for 50 s more`.
  mutating func line(for view: AgentView, name: String, at now: Double, waits: String) -> String? {
    let condition = Self.condition(of: view, at: now)
    let isNew = condition != reported
    guard isNew || (condition == .unheard && now - reportedAt >= Self.repetition) else { return nil }
    reported = condition
    reportedAt = now
    switch condition {
    case .heard: return "\(name) sends heartbeats again"
    case .neverConnected: return "\(name) has never connected; the command waits for it \(waits)"
    case .revoked: return "\(name) is revoked: it cannot get the command"
    case .unheard:
      let age = NumberFormat.age(of: view.lastHeartbeat, now: now) ?? "some time"
      guard isNew else { return "\(name) has been silent for \(age); the command waits for it \(waits)" }
      let interval =
        view.heartbeatIntervalS.map { ", heartbeats came every \(NumberFormat.duration($0))" } ?? ""
      return "\(name) has been silent for \(age)\(interval); the command waits for it \(waits)"
    }
  }
}

/// Decides when to report the silent agents of a batch. No I/O.
struct RolloutSilenceNotice: Sendable {
  /// The interval in seconds at which an unchanged notice is repeated.
  private static let repetition: Double = 30
  /// The maximum number of agents listed by name.
  private static let maximumNames = 5

  private var reported: Set<ExactString> = []
  private var reportedAt = -Double.infinity

  init() {}

  /// The line to report; nil if nothing has changed.
  ///
  /// - Parameter now: The current time in unix seconds.
  mutating func line(for views: [AgentView], names: [ExactString: String], at now: Double) -> String? {
    let unheard = views.filter { SilenceNotice.condition(of: $0, at: now) != .heard }
    let uuids = Set(unheard.map { ExactString($0.uuid) })
    defer { reported.formIntersection(uuids) }
    guard !uuids.isSubset(of: reported) || (!uuids.isEmpty && now - reportedAt >= Self.repetition) else {
      return nil
    }
    reported = uuids
    reportedAt = now
    let shown = unheard.prefix(Self.maximumNames).map { view in
      let name = names[ExactString(view.uuid)] ?? view.uuid
      return view.lastHeartbeat.map { "\(name) (silent for \(NumberFormat.duration(now - $0)))" }
        ?? "\(name) (never connected)"
    }
    let more = unheard.count > Self.maximumNames ? " and \(unheard.count - Self.maximumNames) more" : ""
    return "waiting for \(shown.joined(separator: ", "))\(more)"
  }
}
