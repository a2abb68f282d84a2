import Locks

/// Hands each change to every observer.
final class DirectoryObservers: Sendable {
  private struct State {
    var observers: [UInt64: AsyncStream<DirectoryChange>.Continuation] = [:]
    var next: UInt64 = 0
  }

  private let state = Locked(State())

  /// A new observer. Nothing is left out: an observer that missed a revocation would leave a connection open.
  func observe() -> AsyncStream<DirectoryChange> {
    let (stream, continuation) = AsyncStream.makeStream(of: DirectoryChange.self)
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

  func send(_ changes: [DirectoryChange]) {
    guard !changes.isEmpty else { return }
    let observers = state.withLock { Array($0.observers.values) }
    for change in changes {
      for observer in observers { observer.yield(change) }
    }
  }
}
