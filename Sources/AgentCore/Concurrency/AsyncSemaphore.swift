import DequeModule
import Locks

/// How many runs of something may go on at a time; the others wait in the order of asking, for as long as their tasks are not
/// cancelled.
final class AsyncSemaphore: Sendable {
  private struct State {
    var free: Int
    var lastID: UInt64 = 0
    var waiting: Deque<(id: UInt64, continuation: CheckedContinuation<Bool, Never>)> = []
  }

  private let state: Locked<State>

  /// So many slots.
  init(_ count: Int) {
    state = Locked(State(free: count))
  }

  /// Waits for a slot, which must be given back by `release`.
  ///
  /// - Returns: false when the task was cancelled first: there is no slot then.
  func acquire() async -> Bool {
    let id = state.withLock { state in
      state.lastID += 1
      return state.lastID
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let answer: Bool? = state.withLock { state in
          // The handler below may have run before there was anything to take out.
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

  /// Gives a slot back.
  func release() {
    let next = state.withLock { state in
      let next = state.waiting.popFirst()
      if next == nil { state.free += 1 }
      return next
    }
    next?.continuation.resume(returning: true)
  }
}
