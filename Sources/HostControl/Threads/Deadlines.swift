import Glibc
import Locks

/// Waiting that is usually given up: for the time-out of something that ends by itself.
///
/// A `Task.sleep` that is cancelled keeps its memory until the time it was for: a thousand commands a second, each with a
/// time-out of a minute, would hold 50 MB. Here what is given up is gone. One thread serves all, and sleeps until the earliest
/// deadline that it knew of; setting a later one wakes nobody.
package final class Deadlines: Sendable {
  /// The one of this process.
  package static let shared = Deadlines()

  private struct Waiter {
    let deadline: ContinuousClock.Instant
    let continuation: CheckedContinuation<Bool, Never>
  }

  private struct State {
    var waiters: [UInt64: Waiter] = [:]
    var lastKey: UInt64 = 0
    /// When the thread looks next; nil = when it is told.
    var nextLook: ContinuousClock.Instant?
    var alarm: Mailbox<Void>?
  }

  private let state = Locked(State())

  /// How many wait.
  package var count: Int { state.withLock { $0.waiters.count } }

  /// Waits for a time.
  ///
  /// - Returns: Whether it has come; false when the task was cancelled before.
  package func wait(until deadline: ContinuousClock.Instant) async -> Bool {
    guard let alarm = alarm() else {
      // No thread, no descriptor: memory is the smaller evil.
      do { try await Task.sleep(until: deadline, clock: .continuous) } catch { return false }
      return true
    }
    let key = state.withLock { state in
      state.lastKey += 1
      return state.lastKey
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        enter(Waiter(deadline: deadline, continuation: continuation), key, alarm)
      }
    } onCancel: {
      state.withLock { $0.waiters.removeValue(forKey: key) }?.continuation.resume(returning: false)
    }
  }

  private func enter(_ waiter: Waiter, _ key: UInt64, _ alarm: Mailbox<Void>) {
    let (isCancelled, isEarlier) = state.withLock { state in
      if Task.isCancelled { return (true, false) }
      state.waiters[key] = waiter
      if let nextLook = state.nextLook, nextLook <= waiter.deadline { return (false, false) }
      state.nextLook = waiter.deadline
      return (false, true)
    }
    if isCancelled { waiter.continuation.resume(returning: false) }
    if isEarlier { alarm.post(()) }
  }

  private func alarm() -> Mailbox<Void>? {
    state.withLock { state in
      if let alarm = state.alarm { return alarm }
      do throws(StartFailure) {
        let alarm = try Mailbox<Void>()
        try WorkerThread.start(name: "deadlines") { self.serve(alarm) }
        state.alarm = alarm
        return alarm
      } catch {
        return nil
      }
    }
  }

  private func serve(_ alarm: Mailbox<Void>) {
    var descriptor = pollfd(fd: alarm.readEnd, events: Int16(POLLIN), revents: 0)
    while true {
      let (due, nextLook) = takeDue()
      for waiter in due { waiter.continuation.resume(returning: true) }
      _ = poll(&descriptor, 1, Self.milliseconds(until: nextLook))
      _ = alarm.takeAll()
    }
  }

  private func takeDue() -> (due: [Waiter], nextLook: ContinuousClock.Instant?) {
    state.withLock { state in
      let now = ContinuousClock.now
      let due = state.waiters.filter { $0.value.deadline <= now }
      for key in due.keys { state.waiters[key] = nil }
      state.nextLook = state.waiters.values.map(\.deadline).min()
      return (Array(due.values), state.nextLook)
    }
  }

  /// Rounded up, so that the thread does not look just before the time. A day at most; then it looks again.
  private static func milliseconds(until time: ContinuousClock.Instant?) -> Int32 {
    guard let time else { return -1 }
    let (seconds, attoseconds) = (time - .now).components
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    guard seconds < 86_400 else { return 86_400_000 }
    return Int32(seconds) * 1000 + Int32(attoseconds / 1_000_000_000_000_000) + 1
  }
}
