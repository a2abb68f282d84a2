import PlatformAPI

/// Decides what to report about an agent that a command waits for, and when. A pure value.
struct SilenceNotice: Sendable {
  /// How an agent is, as far as a command that waits for it is concerned.
  enum Condition: Sendable, Hashable {
    /// Its last heartbeat is no older than it may be.
    case heard
    /// Nothing has been heard from it for longer than two heartbeats take.
    case unheard
    /// It has never connected.
    case neverConnected
    /// Its tokens were taken away.
    case revoked
  }

  /// The seconds between heartbeats where the platform does not know them: the agent's default.
  private static let defaultInterval: Double = 30
  /// The platform shows a heartbeat up to so many seconds late.
  private static let displayDelay: Double = 10
  /// A notice that still holds is repeated after so many seconds.
  private static let repetition: Double = 30

  private var reported = Condition.heard
  private var reportedAt = -Double.infinity

  init() {}

  /// The seconds without a heartbeat after which an agent counts as unheard: two intervals, and at least one with the time that
  /// the platform takes to show it.
  static func threshold(interval: Double?) -> Double {
    let interval = interval ?? defaultInterval
    return max(2 * interval, interval + displayDelay)
  }

  /// The condition of an agent at `now` (unix seconds).
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

  /// The line to report now; nil where there is nothing new.
  ///
  /// - Parameters:
  ///   - name: What the agent is called.
  ///   - waits: What is waited for, and for how long: `until it expires in 50 s`.
  mutating func line(for view: AgentView, name: String, at now: Double, waits: String) -> String? {
    let condition = Self.condition(of: view, at: now)
    let isNew = condition != reported
    guard isNew || (condition == .unheard && now - reportedAt >= Self.repetition) else { return nil }
    reported = condition
    reportedAt = now
    switch condition {
    case .heard: return "\(name) is heard from again"
    case .neverConnected: return "\(name) has never connected; the command waits for it \(waits)"
    case .revoked: return "\(name) is revoked: it cannot get the command"
    case .unheard:
      let age = Figures.age(of: view.lastHeartbeat, now: now) ?? "some time"
      guard isNew else { return "\(name) has been silent for \(age); the command waits for it \(waits)" }
      let interval = view.heartbeatIntervalS.map { ", heartbeats came every \(Figures.duration($0))" } ?? ""
      return "\(name) has been silent for \(age)\(interval); the command waits for it \(waits)"
    }
  }
}
