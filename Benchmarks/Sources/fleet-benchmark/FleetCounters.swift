import NATS
import Synchronization

/// What the simulated agents have seen and done, all together.
final class FleetCounters: Sendable {
  struct Values: Sendable {
    /// Agents that are connected now.
    var connected = 0
    /// Connections that were made.
    var connects = 0
    /// Connections that were lost.
    var losses = 0
    /// Messages published.
    var published = 0
    /// Commands answered.
    var answered = 0
    /// Attempts to connect that failed, by what the client said.
    var failures: [String: Int] = [:]
  }

  private let values = Mutex(Values())

  var now: Values { values.withLock { $0 } }

  func connected() {
    values.withLock {
      $0.connected += 1
      $0.connects += 1
    }
  }

  func disconnected() {
    values.withLock {
      $0.connected -= 1
      $0.losses += 1
    }
  }

  func failed(_ error: NATSError) { values.withLock { $0.failures[error.code.description, default: 0] += 1 } }

  func published(_ count: Int) { values.withLock { $0.published += count } }

  func answered() { values.withLock { $0.answered += 1 } }

  func forgetFailures() { values.withLock { $0.failures = [:] } }
}
