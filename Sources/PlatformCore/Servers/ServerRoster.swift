/// Which servers there are: those that answered lately.
struct ServerRoster: Sendable {
  private static let capacity = 4096

  private var seen: [String: ContinuousClock.Instant] = [:]

  /// A server has answered.
  mutating func saw(_ server: String, at now: ContinuousClock.Instant) {
    if seen[server] == nil, seen.count >= Self.capacity { return }
    seen[server] = now
  }

  /// A server said that it stops.
  mutating func lost(_ server: String) {
    seen[server] = nil
  }

  /// Those that answered after `limit`.
  mutating func current(since limit: ContinuousClock.Instant) -> Set<String> {
    seen = seen.filter { $0.value >= limit }
    return Set(seen.keys)
  }
}
