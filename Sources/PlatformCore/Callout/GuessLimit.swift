/// How many wrong tokens may be tried: a budget that each wrong one takes from and time fills up again. Right ones take nothing.
///
/// Budgets are kept by client address and user name, so nobody can lock out an agent from elsewhere. Unknown names, which
/// would each have a budget of their own, take from one of their address too, ten times as large. What a budget has lost comes
/// back within a minute, so what was untouched for longer need not be kept: two generations of at most `capacity` entries are
/// all the memory there is.
public struct GuessLimit: Sendable {
  private struct Key: Hashable {
    var address: ClientAddress
    var user: String?
  }

  private struct Budget {
    var left: Double
    var at: Double
  }

  private static let period = 60.0

  private let perMinute: Double
  private let capacity: Int
  private var current: [Key: Budget] = [:]
  private var previous: [Key: Budget] = [:]
  private var rotatedAt = -Double.infinity

  /// A limit.
  ///
  /// - Parameters:
  ///   - perMinute: wrong tokens for one name from one address, at once and in a minute; at least 1.
  ///   - capacity: how many budgets a generation holds.
  public init(perMinute: Int, capacity: Int = 32_768) {
    self.perMinute = Double(max(perMinute, 1))
    self.capacity = max(capacity, 1)
  }

  /// How many budgets are kept.
  public var count: Int { current.count + previous.count }

  /// Whether a token may be tried now, in seconds of any clock that never goes back.
  public func allows(_ address: ClientAddress, user: String, isKnown: Bool, now: Double) -> Bool {
    let mine = left(Key(address: address, user: user), of: perMinute, now: now)
    if isKnown { return mine >= 1 }
    return mine >= 1 && left(Key(address: address, user: nil), of: perMinute * 10, now: now) >= 1
  }

  /// A token was wrong.
  public mutating func failed(_ address: ClientAddress, user: String, isKnown: Bool, now: Double) {
    take(Key(address: address, user: user), of: perMinute, now: now)
    if !isKnown { take(Key(address: address, user: nil), of: perMinute * 10, now: now) }
  }

  private func left(_ key: Key, of full: Double, now: Double) -> Double {
    guard let budget = current[key] ?? previous[key] else { return full }
    return min(full, budget.left + max(0, now - budget.at) * full / Self.period)
  }

  private mutating func take(_ key: Key, of full: Double, now: Double) {
    let rest = left(key, of: full, now: now)
    if now - rotatedAt >= Self.period || (current.count >= capacity && current[key] == nil) {
      previous = current
      current = [:]
      rotatedAt = now
    }
    current[key] = Budget(left: max(0, rest - 1), at: now)
  }
}
