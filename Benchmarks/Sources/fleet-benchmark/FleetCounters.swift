import NATS
import Synchronization

/// Counters of all simulated agents together.
final class FleetCounters: Sendable {
  struct Values: Sendable {
    /// Currently connected agents.
    var connected = 0
    /// Established connections.
    var connects = 0
    /// Lost connections.
    var losses = 0
    /// Published messages.
    var published = 0
    /// Answered commands.
    var answered = 0
    /// Failed connection attempts, by error of the client.
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
