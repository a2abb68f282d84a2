import PlatformAPI

/// Decides what to report about those agents of a batch from which nothing is heard, and when. A pure value.
struct RolloutSilenceNotice: Sendable {
  /// A report that still holds is repeated after so many seconds.
  private static let repetition: Double = 30
  /// The most agents that are named.
  private static let named = 5

  private var reported: Set<String> = []
  private var reportedAt = -Double.infinity

  init() {}

  /// The line to report at `now` (unix seconds); nil where there is nothing new.
  mutating func line(for views: [AgentView], names: [String: String], at now: Double) -> String? {
    let unheard = views.filter { SilenceNotice.condition(of: $0, at: now) != .heard }
    let uuids = Set(unheard.map(\.uuid))
    defer { reported.formIntersection(uuids) }
    guard !uuids.isSubset(of: reported) || (!uuids.isEmpty && now - reportedAt >= Self.repetition) else {
      return nil
    }
    reported = uuids
    reportedAt = now
    let shown = unheard.prefix(Self.named).map { view in
      let name = names[view.uuid] ?? view.uuid
      return view.lastHeartbeat.map { "\(name) (silent for \(Figures.duration(now - $0)))" }
        ?? "\(name) (never connected)"
    }
    let more = unheard.count > Self.named ? " and \(unheard.count - Self.named) more" : ""
    return "waiting for \(shown.joined(separator: ", "))\(more)"
  }
}
