import Encoding

/// Limits failed authentications by user name and address. Only failures are recorded, after the token was compared, so a valid
/// token is never affected.
///
/// A budget refills within a minute. When it is empty an episode begins, which ends after a minute without failures; failures
/// within it are throttled. Unknown names also spend a budget of their address, ten times as large. Memory is bounded to two
/// generations of at most `capacity` budgets each.
public struct AuthenticationRateLimiter: Sendable {
  /// A failure within an episode.
  public struct Throttle: Sendable, Hashable {
    /// The user name; nil when all unknown names of the address are throttled together.
    public var user: String?
    /// Failures since the budget was last full, including this one.
    public var failures: Int
    /// Whether the episode begins with this failure.
    public var isFirst: Bool
  }

  private struct Key: Hashable {
    var address: ClientAddress
    var user: ExactString?
  }

  private struct Budget {
    var left: Double
    var at: Double
    var failures = 0
    var isThrottled = false
  }

  private static let period = 60.0

  private let perMinute: Double
  private let capacity: Int
  private var current: [Key: Budget] = [:]
  private var previous: [Key: Budget] = [:]
  private var rotatedAt = -Double.infinity

  /// Creates a limiter whose budgets are full.
  ///
  /// - Parameters:
  ///   - perMinute: Failures of one name from one address, at once and in a minute; at least 1.
  ///   - capacity: Budgets of a generation; at least 1.
  public init(perMinute: Int, capacity: Int = 32_768) {
    self.perMinute = Double(max(perMinute, 1))
    self.capacity = max(capacity, 1)
  }

  /// The number of budgets in memory.
  public var count: Int { current.count + previous.count }

  /// Records a failed authentication.
  ///
  /// - Parameter now: Seconds of a monotonic clock.
  /// - Returns: Nil while the budget lasts.
  public mutating func recordFailure(
    _ address: ClientAddress, user: String, isKnown: Bool, now: Double
  ) -> Throttle? {
    // First, so that invented names add no budgets once the budget of their address is empty.
    if !isKnown, let throttle = take(Key(address: address, user: nil), of: perMinute * 10, now: now) {
      return throttle
    }
    return take(Key(address: address, user: ExactString(user)), of: perMinute, now: now)
  }

  private mutating func take(_ key: Key, of full: Double, now: Double) -> Throttle? {
    var budget = current[key] ?? previous[key] ?? Budget(left: full, at: now)
    budget.left = min(full, budget.left + max(0, now - budget.at) * full / Self.period)
    if budget.left >= full { budget = Budget(left: full, at: now) }
    budget.failures += 1
    let isFirst = !budget.isThrottled && budget.left < 1
    budget.isThrottled = budget.isThrottled || isFirst
    budget.left = max(0, budget.left - 1)
    budget.at = now
    if now - rotatedAt >= Self.period || (current.count >= capacity && current[key] == nil) {
      previous = current
      current = [:]
      rotatedAt = now
    }
    current[key] = budget
    guard budget.isThrottled else { return nil }
    return Throttle(user: key.user?.text, failures: budget.failures, isFirst: isFirst)
  }
}
