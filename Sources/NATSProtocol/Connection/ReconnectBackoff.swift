/// The delays between attempts to connect.
///
/// The first attempt after a lost connection starts immediately. Then each server has its own delay, which doubles with every
/// failure of that server. The actual delay is random between zero and that value ("full jitter"), so that clients do not
/// reconnect in step (ADR-40).
public struct NATSReconnectPolicy: Sendable, Hashable {
  /// The upper bound of the delay after the first failure.
  public var initialDelay: Duration
  /// The upper bound of all delays.
  public var maxDelay: Duration
  /// The number of failed attempts within one outage after which `NATSClient.run()` throws
  /// ``NATSError/Code/reconnectsExhausted``; -1 is unlimited.
  public var maxReconnects: Int

  /// Creates a policy.
  public init(
    initialDelay: Duration = .milliseconds(100),
    maxDelay: Duration = .seconds(5),
    maxReconnects: Int = -1
  ) {
    self.initialDelay = initialDelay
    self.maxDelay = maxDelay
    self.maxReconnects = maxReconnects
  }
}

/// Exponential backoff with full jitter. The caller supplies the random numbers.
package struct ReconnectBackoff: Sendable, Equatable {
  package let initialDelay: Duration
  package let maxDelay: Duration

  package init(_ policy: NATSReconnectPolicy) {
    initialDelay = max(policy.initialDelay, .zero)
    maxDelay = max(policy.maxDelay, .zero)
  }

  /// Returns the upper bound of the delay after a number of consecutive failures; zero without a failure.
  package func bound(failures: Int) -> Duration {
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
  package func delay(failures: Int, fraction: Double) -> Duration {
    bound(failures: failures) * min(max(fraction, 0), 1)
  }
}
