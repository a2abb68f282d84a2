import Locks

/// A value that one thread delivers once to one task. It can be delivered before the task awaits it.
final class OneShot<Value: Sendable>: Sendable {
  private enum State {
    case open
    case awaited(CheckedContinuation<Value, Never>)
    case complete(Value)
  }

  private let state = Locked(State.open)

  /// Delivers the value. Call this once.
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

  /// The value, as soon as it is delivered. Await this once.
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
