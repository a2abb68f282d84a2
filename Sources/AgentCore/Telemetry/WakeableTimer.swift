import Locks
import Threads

/// A timer for one task that other tasks can end early.
final class WakeableTimer: Sendable {
  private struct State {
    var isSignalled = false
    var sleeper: CheckedContinuation<Void, Never>?
  }

  private let state = Locked(State())

  /// Wakes the sleeping task. Without one, the next sleep returns immediately.
  func signal() {
    let sleeper = state.withLock { state in
      state.isSignalled = true
      return state.sleeper.take()
    }
    sleeper?.resume()
  }

  /// Sleeps until the deadline, a signal or cancellation. Only one task may sleep at a time.
  ///
  /// - Returns: Whether there was a signal.
  func sleep(until deadline: ContinuousClock.Instant) async -> Bool {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.signalled() }
      group.addTask { _ = await Deadlines.shared.wait(until: deadline) }
      await group.next()
      group.cancelAll()
    }
    return state.withLock { state in
      defer { state.isSignalled = false }
      return state.isSignalled
    }
  }

  private func signalled() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isDue = state.withLock { state in
          if state.isSignalled || Task.isCancelled { return true }
          state.sleeper = continuation
          return false
        }
        if isDue { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.sleeper.take() }?.resume()
    }
  }
}
