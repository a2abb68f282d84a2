import Locks

/// Delivers each event to every observer.
final class EventHub: Sendable {
  private struct State {
    var observers: [UInt64: Observer] = [:]
    var next: UInt64 = 0
    var isFinished = false
  }

  private struct Observer {
    let continuation: AsyncStream<NATSEvent>.Continuation
    let backlog: EventBacklog
  }

  private let state = Locked(State())

  func observe() -> NATSEvents {
    let (stream, continuation) = AsyncStream.makeStream(of: NATSEvent.self)
    let backlog = EventBacklog()
    let id: UInt64? = state.withLock { state in
      guard !state.isFinished else { return nil }
      state.next += 1
      state.observers[state.next] = Observer(continuation: continuation, backlog: backlog)
      return state.next
    }
    guard let id else {
      continuation.finish()
      return NATSEvents(stream: stream, backlog: backlog)
    }
    continuation.onTermination = { [weak self] _ in
      _ = self?.state.withLock { $0.observers.removeValue(forKey: id) }
    }
    return NATSEvents(stream: stream, backlog: backlog)
  }

  func send(_ event: NATSEvent) {
    let observers = state.withLock { Array($0.observers.values) }
    for observer in observers where observer.backlog.admit(event) { observer.continuation.yield(event) }
  }

  func finish() {
    let observers = state.withLock { state in
      state.isFinished = true
      defer { state.observers.removeAll() }
      return Array(state.observers.values)
    }
    for observer in observers { observer.continuation.finish() }
  }
}

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
