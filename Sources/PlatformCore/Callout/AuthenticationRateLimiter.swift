/// The budget of failed authentications of a user name from an address. Only failures are recorded: it is asked after a token was
/// compared and never decides whether a right one is let in.
///
/// A budget refills within a minute. Once it is empty an episode begins, which ends after a minute without a failure; failures
/// within it are throttled. Unknown names also spend a budget of their address, ten times as large. Memory is bounded: two
/// generations of at most `capacity` budgets each.
public struct AuthenticationRateLimiter: Sendable {
  /// A failure within an episode.
  public struct Throttle: Sendable, Hashable {
    /// The user name; nil where all unknown names of the address are throttled together.
    public var user: String?
    /// Failures since the budget was last full, this one included.
    public var failures: Int
    /// Whether the episode begins with this failure.
    public var isFirst: Bool
  }

  private struct Key: Hashable {
    var address: ClientAddress
    var user: String?
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
  ///   - perMinute: failures of one name from one address, at once and in a minute; at least 1.
  ///   - capacity: budgets of a generation; at least 1.
  public init(perMinute: Int, capacity: Int = 32_768) {
    self.perMinute = Double(max(perMinute, 1))
    self.capacity = max(capacity, 1)
  }

  /// The number of budgets in memory.
  public var count: Int { current.count + previous.count }

  /// Records a failed authentication.
  ///
  /// - Parameter now: seconds of a clock that never goes back.
  /// - Returns: nil while the budget lasts.
  public mutating func recordFailure(
    _ address: ClientAddress, user: String, isKnown: Bool, now: Double
  ) -> Throttle? {
    // First, so that made-up names add no budgets once their address has none left.
    if !isKnown, let throttle = take(Key(address: address, user: nil), of: perMinute * 10, now: now) {
      return throttle
    }
    return take(Key(address: address, user: user), of: perMinute, now: now)
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
    return Throttle(user: key.user, failures: budget.failures, isFirst: isFirst)
  }
}
