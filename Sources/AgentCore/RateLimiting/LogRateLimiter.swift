/// Limits a repeated log message to one line a minute for each distinct text.
struct LogRateLimiter {
  private static let pause = Duration.seconds(60)
  /// The number of distinct texts to remember; a fault produces fewer.
  private static let maximumTexts = 64

  private var lastLogged: [String: ContinuousClock.Instant] = [:]

  /// Whether to log `text` now. If so, the next minute starts.
  mutating func shouldLog(_ text: String, at now: ContinuousClock.Instant = .now) -> Bool {
    if let last = lastLogged[text], now - last < Self.pause { return false }
    if lastLogged.count >= Self.maximumTexts { lastLogged.removeAll() }
    lastLogged[text] = now
    return true
  }

  /// Forgets all texts, after the fault is over.
  mutating func reset() {
    lastLogged.removeAll()
  }
}
