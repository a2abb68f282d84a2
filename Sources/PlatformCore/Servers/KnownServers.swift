/// The servers that have answered lately.
struct KnownServers: Sendable {
  private static let capacity = 4096

  private var seen: [String: ContinuousClock.Instant] = [:]

  /// Adds a server that has answered.
  mutating func insert(_ server: String, at now: ContinuousClock.Instant) {
    if seen[server] == nil, seen.count >= Self.capacity { return }
    seen[server] = now
  }

  /// Removes a server that has announced its shutdown.
  mutating func remove(_ server: String) {
    seen[server] = nil
  }

  /// The servers that have answered since `limit`.
  mutating func current(since limit: ContinuousClock.Instant) -> Set<String> {
    seen = seen.filter { $0.value >= limit }
    return Set(seen.keys)
  }
}
