internal import Encoding

/// Limits a recurring log message to one line per key and period. No I/O.
package struct LogRateLimiter: Sendable {
  /// The origin of the times of the overload that takes an instant.
  private static let origin = ContinuousClock.now

  private let period: Duration
  private let capacity: Int
  private var lastLogged: [ExactString: Duration] = [:]

  /// - Parameters:
  ///   - period: The time between two lines with the same key.
  ///   - capacity: The number of keys to remember. With more, the periods of all keys start again.
  package init(period: Duration = .seconds(60), capacity: Int = 64) {
    self.period = period
    self.capacity = capacity
  }

  /// Whether to log now. If so, the next period of the key starts.
  ///
  /// - Parameters:
  ///   - key: The text of the message, or what it is about.
  ///   - time: The time since a fixed origin.
  package mutating func shouldLog(_ key: String, at time: Duration) -> Bool {
    let key = ExactString(key)
    if let last = lastLogged[key] {
      if time - last < period { return false }
    } else if lastLogged.count >= capacity {
      lastLogged.removeAll()
    }
    lastLogged[key] = time
    return true
  }

  /// Whether to log now. If so, the next period of the key starts.
  package mutating func shouldLog(_ key: String, at now: ContinuousClock.Instant = .now) -> Bool {
    shouldLog(key, at: now - Self.origin)
  }

  /// Forgets all keys, after the end of a fault.
  package mutating func reset() {
    lastLogged.removeAll()
  }
}
