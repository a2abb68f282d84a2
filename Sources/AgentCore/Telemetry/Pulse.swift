import HostControl
import Locks

/// Lets one task sleep until a time or until somebody has a reason to wake it.
final class Pulse: Sendable {
  private struct State {
    var isSignalled = false
    var sleeper: CheckedContinuation<Void, Never>?
  }

  private let state = Locked(State())

  /// A pulse that nobody has signalled.
  init() {}

  /// Wakes the sleeper, or lets the next sleep end at once.
  func signal() {
    let sleeper = state.withLock { state in
      state.isSignalled = true
      return state.sleeper.take()
    }
    sleeper?.resume()
  }

  /// Sleeps until `deadline`, a signal, or the end of the task, whichever comes first. One task at a time may do so.
  ///
  /// - Returns: Whether it was a signal.
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
