import Encoding

/// Selects the refusals that are logged and audited. A refused client retries every few seconds, and a guessing one much faster, so
/// each name, address and reason is logged once a minute, and all together at most `perMinute` times.
struct RefusalLogLimiter: Sendable {
  private struct Key: Hashable {
    var user: ExactString
    var address: ExactString
    var refusal: CalloutRefusal
  }

  private static let period = 60.0
  private static let hour = 3600.0

  private let perMinute: Int
  private var logged: Set<Key> = []
  private var began = -Double.infinity
  private var suppressed = 0
  private let unknownNamesPerHour: Int
  private var unknownNames = 0
  private var hourBegan = -Double.infinity

  init(perMinute: Int = 300, unknownNamesPerHour: Int = 20) {
    self.perMinute = perMinute
    self.unknownNamesPerHour = unknownNamesPerHour
  }

  /// Whether the refusal of an unknown name is audited: only a few an hour, as anyone can invent names to displace other entries.
  ///
  /// - Parameter now: Seconds of a monotonic clock.
  mutating func shouldAuditUnknownName(now: Double) -> Bool {
    if now - hourBegan >= Self.hour {
      hourBegan = now
      unknownNames = 0
    }
    guard unknownNames < unknownNamesPerHour else { return false }
    unknownNames += 1
    return true
  }

  /// Whether a refusal is logged.
  ///
  /// - Parameter now: Seconds of a monotonic clock.
  /// - Returns: The number of refusals suppressed since the last logged one; nil when this one is suppressed.
  mutating func shouldLog(_ user: String, _ address: String, _ refusal: CalloutRefusal, now: Double) -> Int? {
    if now - began >= Self.period {
      logged.removeAll(keepingCapacity: true)
      began = now
    }
    let key = Key(user: ExactString(user), address: ExactString(address), refusal: refusal)
    guard logged.count < perMinute, logged.insert(key).inserted else {
      suppressed += 1
      return nil
    }
    defer { suppressed = 0 }
    return suppressed
  }
}
