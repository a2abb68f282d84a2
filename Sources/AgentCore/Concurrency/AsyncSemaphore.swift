import DequeModule
import Locks

/// A counting semaphore for tasks. Waiters are served in order, and cancellation ends the wait.
final class AsyncSemaphore: Sendable {
  private struct State {
    var free: Int
    var lastID: UInt64 = 0
    var waiting: Deque<(id: UInt64, continuation: CheckedContinuation<Bool, Never>)> = []
  }

  private let state: Locked<State>

  /// Creates a semaphore with a number of permits.
  init(_ count: Int) {
    state = Locked(State(free: count))
  }

  /// Waits for a permit, which must be returned with ``release()``.
  ///
  /// - Returns: false when the task was cancelled before a permit was available.
  func acquire() async -> Bool {
    let id = state.withLock { state in
      state.lastID += 1
      return state.lastID
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let answer: Bool? = state.withLock { state in
          // The cancellation handler may already have run.
          if Task.isCancelled { return false }
          guard state.free > 0 else {
            state.waiting.append((id, continuation))
            return nil
          }
          state.free -= 1
          return true
        }
        if let answer { continuation.resume(returning: answer) }
      }
    } onCancel: {
      let cancelled = state.withLock { state in
        state.waiting.firstIndex { $0.id == id }.map { state.waiting.remove(at: $0).continuation }
      }
      cancelled?.resume(returning: false)
    }
  }

  /// Returns a permit.
  func release() {
    let next = state.withLock { state in
      let next = state.waiting.popFirst()
      if next == nil { state.free += 1 }
      return next
    }
    next?.continuation.resume(returning: true)
  }
}
