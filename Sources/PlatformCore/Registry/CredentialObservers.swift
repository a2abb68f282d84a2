import Locks

/// Delivers each change to every observer.
final class CredentialObservers: Sendable {
  private struct State {
    var observers: [UInt64: AsyncStream<CredentialChange>.Continuation] = [:]
    var next: UInt64 = 0
  }

  private let state = Locked(State())

  /// Adds an observer. Its buffer is unbounded: a missed revocation would leave a connection open.
  func observe() -> AsyncStream<CredentialChange> {
    let (stream, continuation) = AsyncStream.makeStream(of: CredentialChange.self)
    let id = state.withLock { state in
      state.next += 1
      state.observers[state.next] = continuation
      return state.next
    }
    continuation.onTermination = { [weak self] _ in
      _ = self?.state.withLock { $0.observers.removeValue(forKey: id) }
    }
    return stream
  }

  func send(_ changes: [CredentialChange]) {
    guard !changes.isEmpty else { return }
    let observers = state.withLock { Array($0.observers.values) }
    for change in changes {
      for observer in observers { observer.yield(change) }
    }
  }
}
