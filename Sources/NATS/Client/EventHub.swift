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
