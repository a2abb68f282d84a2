import Locks

/// A flag that is set once, and can be awaited.
final class Latch: Sendable {
  private struct State {
    var isReady = false
    var next = 0
    var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
  }

  private let state = Locked(State())

  /// Whether the flag is set.
  var isSet: Bool { state.withLock { $0.isReady } }

  /// Sets the flag and resumes all waiters.
  func set() {
    let waiting = state.withLock { state in
      state.isReady = true
      defer { state.waiting = [:] }
      return Array(state.waiting.values)
    }
    for continuation in waiting { continuation.resume() }
  }

  /// Returns when the flag is set, or the task is cancelled.
  func wait() async {
    let id = state.withLock { state in
      state.next += 1
      return state.next
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isDone = state.withLock { state in
          guard !state.isReady, !Task.isCancelled else { return true }
          state.waiting[id] = continuation
          return false
        }
        if isDone { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.waiting.removeValue(forKey: id) }?.resume()
    }
  }
}
