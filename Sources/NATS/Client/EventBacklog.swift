import Locks

/// How many events wait for one reader, so that a flood of complaints cannot push out what changes the state.
final class EventBacklog: Sendable {
  /// More complaints than this are not kept.
  static let capacity = 1024

  private let count = Locked(0)

  /// Counts an event in.
  ///
  /// - Returns: false if it is one that can be left out, and too much waits already.
  func admit(_ event: NATSEvent) -> Bool {
    count.withLock { count in
      guard count < Self.capacity || event.changesState else { return false }
      count += 1
      return true
    }
  }

  /// Counts an event out that was read.
  func took() {
    count.withLock { $0 -= 1 }
  }
}

extension NATSEvent {
  /// Whether a reader that misses it has a wrong idea of the client from then on.
  fileprivate var changesState: Bool {
    switch self {
    case .connected, .disconnected, .subscriptionRestored, .lameDuck, .closed: true
    case .connectFailed, .serversDiscovered, .permissionsViolation, .slowConsumer, .serverError: false
    }
  }
}
