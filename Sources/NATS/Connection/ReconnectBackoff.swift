/// Exponential backoff with full jitter, as a pure value: the randomness comes from outside.
struct ReconnectBackoff: Sendable, Equatable {
  let initialDelay: Duration
  let maxDelay: Duration

  init(_ policy: NATSReconnectPolicy) {
    initialDelay = max(policy.initialDelay, .zero)
    maxDelay = max(policy.maxDelay, .zero)
  }

  /// The upper bound of the pause after so many failures in a row; none yet means no pause.
  func bound(failures: Int) -> Duration {
    guard failures > 0 else { return .zero }
    var bound = min(initialDelay, maxDelay)
    for _ in 1..<max(failures, 1) where bound < maxDelay {
      bound = min(bound * 2, maxDelay)
    }
    return bound
  }

  /// The pause to make.
  ///
  /// - Parameter fraction: a random number, at least 0 and below 1.
  func delay(failures: Int, fraction: Double) -> Duration {
    bound(failures: failures) * min(max(fraction, 0), 1)
  }
}
