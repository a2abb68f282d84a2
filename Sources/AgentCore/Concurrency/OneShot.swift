import Locks

/// One answer of another thread: can be awaited later than it was asked for.
final class OneShot<Value: Sendable>: Sendable {
  private enum State {
    case open
    case awaited(CheckedContinuation<Value, Never>)
    case complete(Value)
  }

  private let state = Locked(State.open)

  /// Gives the answer; called once.
  func complete(_ value: Value) {
    let waiter: CheckedContinuation<Value, Never>? = state.withLock { state in
      if case .awaited(let waiter) = state {
        state = .complete(value)
        return waiter
      }
      state = .complete(value)
      return nil
    }
    waiter?.resume(returning: value)
  }

  /// Waits for the answer; called once.
  var value: Value {
    get async {
      await withCheckedContinuation { continuation in
        let value: Value? = state.withLock { state in
          if case .complete(let value) = state { return value }
          state = .awaited(continuation)
          return nil
        }
        if let value { continuation.resume(returning: value) }
      }
    }
  }
}
