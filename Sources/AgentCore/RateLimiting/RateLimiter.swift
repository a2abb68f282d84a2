/// A token bucket: admits a burst of events, then a fixed number a second. No I/O.
struct RateLimiter {
  private let burst: Double
  private let perSecond: Double
  private var available: Double
  private var updatedAt: ContinuousClock.Instant?

  init(burst: Int, perSecond: Double) {
    self.burst = Double(burst)
    self.perSecond = perSecond
    available = Double(burst)
  }

  /// Whether an event is within the rate. If so, it takes a token.
  mutating func admits(at now: ContinuousClock.Instant = .now) -> Bool {
    if let updatedAt { available = min(burst, available + (now - updatedAt) / .seconds(1) * perSecond) }
    updatedAt = now
    guard available >= 1 else { return false }
    available -= 1
    return true
  }
}
