import Locks

/// The number of events that wait for one observer. Bounds the events that do not change the client's state.
final class EventBacklog: Sendable {
  /// The number of waiting events above which events that do not change the state are dropped.
  static let capacity = 1024

  private let count = Locked(0)

  /// Counts an event that is about to be delivered.
  ///
  /// - Returns: false if the event has to be dropped.
  func admit(_ event: NATSEvent) -> Bool {
    count.withLock { count in
      guard count < Self.capacity || event.changesState else { return false }
      count += 1
      return true
    }
  }

  /// Counts an event that the observer has read.
  func consumed() {
    count.withLock { $0 -= 1 }
  }
}

extension NATSEvent {
  /// Whether an observer needs the event to know the state of the client. Such events are never dropped.
  fileprivate var changesState: Bool {
    switch self {
    case .connected, .disconnected, .subscriptionRestored, .lameDuck, .closed: true
    case .connectFailed, .serversDiscovered, .permissionsViolation, .slowConsumer, .serverError: false
    }
  }
}
