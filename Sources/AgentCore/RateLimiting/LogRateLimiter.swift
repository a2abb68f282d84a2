/// Decides when something that goes on is worth another line in the log: when it is new, and once a minute after that.
struct LogRateLimiter {
  private static let pause = Duration.seconds(60)
  /// More different texts than one fault has.
  private static let maximumTexts = 64

  private var lastLogged: [String: ContinuousClock.Instant] = [:]

  /// Whether to tell `text` now.
  mutating func shouldLog(_ text: String, at now: ContinuousClock.Instant = .now) -> Bool {
    if let last = lastLogged[text], now - last < Self.pause { return false }
    if lastLogged.count >= Self.maximumTexts { lastLogged.removeAll() }
    lastLogged[text] = now
    return true
  }

  /// It is over: the next time counts as new.
  mutating func reset() {
    lastLogged.removeAll()
  }
}
