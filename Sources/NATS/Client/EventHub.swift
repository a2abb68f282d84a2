import Locks

/// Hands each event to every observer.
final class EventHub: Sendable {
  private struct State {
    var observers: [UInt64: AsyncStream<NATSEvent>.Continuation] = [:]
    var next: UInt64 = 0
    var isFinished = false
  }

  private static let capacity = 1024
  private let state = Locked(State())

  func observe() -> NATSEvents {
    let (stream, continuation) = AsyncStream.makeStream(
      of: NATSEvent.self, bufferingPolicy: .bufferingNewest(Self.capacity))
    let id: UInt64? = state.withLock { state in
      guard !state.isFinished else { return nil }
      state.next += 1
      state.observers[state.next] = continuation
      return state.next
    }
    guard let id else {
      continuation.finish()
      return NATSEvents(stream: stream)
    }
    continuation.onTermination = { [weak self] _ in
      _ = self?.state.withLock { $0.observers.removeValue(forKey: id) }
    }
    return NATSEvents(stream: stream)
  }

  func send(_ event: NATSEvent) {
    let observers = state.withLock { Array($0.observers.values) }
    for observer in observers { observer.yield(event) }
  }

  func finish() {
    let observers = state.withLock { state in
      state.isFinished = true
      defer { state.observers.removeAll() }
      return Array(state.observers.values)
    }
    for observer in observers { observer.finish() }
  }
}
