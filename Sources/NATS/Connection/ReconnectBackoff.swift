/// Exponential backoff with full jitter. The caller supplies the random numbers.
struct ReconnectBackoff: Sendable, Equatable {
  let initialDelay: Duration
  let maxDelay: Duration

  init(_ policy: NATSReconnectPolicy) {
    initialDelay = max(policy.initialDelay, .zero)
    maxDelay = max(policy.maxDelay, .zero)
  }

  /// Returns the upper bound of the delay after a number of consecutive failures; zero without a failure.
  func bound(failures: Int) -> Duration {
    guard failures > 0 else { return .zero }
    var bound = min(initialDelay, maxDelay)
    for _ in 1..<max(failures, 1) where bound < maxDelay {
      bound = min(bound * 2, maxDelay)
    }
    return bound
  }

  /// Returns the delay after a number of consecutive failures.
  ///
  /// - Parameter fraction: a random number, at least 0 and below 1.
  func delay(failures: Int, fraction: Double) -> Duration {
    bound(failures: failures) * min(max(fraction, 0), 1)
  }
}
