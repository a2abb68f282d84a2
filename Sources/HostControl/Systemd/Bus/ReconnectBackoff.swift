/// Exponential backoff of reconnects: at once, then after 1 s, doubling up to 30 s. Times are CLOCK_MONOTONIC in nanoseconds.
struct ReconnectBackoff {
  private static let shortest: UInt64 = 1_000_000_000
  private static let longest: UInt64 = 30_000_000_000

  private(set) var nextAttempt: UInt64 = 0
  private var pause: UInt64 = Self.shortest

  func isDue(_ now: UInt64) -> Bool { nextAttempt <= now }

  mutating func failed(_ now: UInt64) {
    nextAttempt = now &+ pause
    pause = min(pause * 2, Self.longest)
  }

  mutating func reset() {
    self = ReconnectBackoff()
  }
}
