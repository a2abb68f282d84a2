import PlatformAPI

/// Decides when to report the silent agents of a batch. No I/O.
struct RolloutSilenceNotice: Sendable {
  /// The interval in seconds at which an unchanged notice is repeated.
  private static let repetition: Double = 30
  /// The maximum number of agents listed by name.
  private static let maximumNames = 5

  private var reported: Set<String> = []
  private var reportedAt = -Double.infinity

  init() {}

  /// The line to report; nil if nothing has changed.
  ///
  /// - Parameter now: The current time in unix seconds.
  mutating func line(for views: [AgentView], names: [String: String], at now: Double) -> String? {
    let unheard = views.filter { SilenceNotice.condition(of: $0, at: now) != .heard }
    let uuids = Set(unheard.map(\.uuid))
    defer { reported.formIntersection(uuids) }
    guard !uuids.isSubset(of: reported) || (!uuids.isEmpty && now - reportedAt >= Self.repetition) else {
      return nil
    }
    reported = uuids
    reportedAt = now
    let shown = unheard.prefix(Self.maximumNames).map { view in
      let name = names[view.uuid] ?? view.uuid
      return view.lastHeartbeat.map { "\(name) (silent for \(NumberFormat.duration(now - $0)))" }
        ?? "\(name) (never connected)"
    }
    let more = unheard.count > Self.maximumNames ? " and \(unheard.count - Self.maximumNames) more" : ""
    return "waiting for \(shown.joined(separator: ", "))\(more)"
  }
}
