/// Admits a burst of events and then so many a second: a pure value.
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

  /// Whether one more event is within the rate; it then counts.
  mutating func admits(at now: ContinuousClock.Instant = .now) -> Bool {
    if let updatedAt { available = min(burst, available + (now - updatedAt) / .seconds(1) * perSecond) }
    updatedAt = now
    guard available >= 1 else { return false }
    available -= 1
    return true
  }
}
