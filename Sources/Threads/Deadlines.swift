import Glibc
import Locks

/// Time-outs of operations that usually end before them.
///
/// A cancelled `Task.sleep` keeps its memory until the time it was to end at: a thousand commands a second, each with a time-out
/// of a minute, would hold 50 MB. Here a cancelled wait is freed at once. One thread serves all waits. It sleeps until the
/// earliest known deadline, and a later one does not wake it.
package final class Deadlines: Sendable {
  /// Shared by the whole process.
  package static let shared = Deadlines()

  private struct Waiter {
    let deadline: ContinuousClock.Instant
    let continuation: CheckedContinuation<Bool, Never>
  }

  private struct State {
    var waiters: [UInt64: Waiter] = [:]
    var lastKey: UInt64 = 0
    /// The deadline of the next wake-up; nil = the thread waits for a message.
    var wakeTime: ContinuousClock.Instant?
    var alarm: Mailbox<Void>?
  }

  private let state = Locked(State())

  package init() {}

  /// The number of tasks that are waiting.
  package var count: Int { state.withLock { $0.waiters.count } }

  /// Suspends until the deadline.
  ///
  /// - Returns: Whether the deadline has passed; false when the task was cancelled before.
  package func wait(until deadline: ContinuousClock.Instant) async -> Bool {
    guard let alarm = alarm() else {
      // Without a thread or a descriptor, the memory of a sleeping task is the lesser cost.
      do { try await Task.sleep(until: deadline, clock: .continuous) } catch { return false }
      return true
    }
    let key = state.withLock { state in
      state.lastKey += 1
      return state.lastKey
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        add(Waiter(deadline: deadline, continuation: continuation), key, alarm)
      }
    } onCancel: {
      state.withLock { $0.waiters.removeValue(forKey: key) }?.continuation.resume(returning: false)
    }
  }

  private func add(_ waiter: Waiter, _ key: UInt64, _ alarm: Mailbox<Void>) {
    let (isCancelled, isEarliest) = state.withLock { state in
      if Task.isCancelled { return (true, false) }
      state.waiters[key] = waiter
      if let wakeTime = state.wakeTime, wakeTime <= waiter.deadline { return (false, false) }
      state.wakeTime = waiter.deadline
      return (false, true)
    }
    if isCancelled { waiter.continuation.resume(returning: false) }
    if isEarliest { alarm.post(()) }
  }

  private func alarm() -> Mailbox<Void>? {
    state.withLock { state in
      if let alarm = state.alarm { return alarm }
      do throws(ThreadError) {
        let alarm = try Mailbox<Void>()
        try Thread.start(name: "deadlines") { self.serve(alarm) }
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
      let (expired, wakeTime) = takeExpired()
      for waiter in expired { waiter.continuation.resume(returning: true) }
      _ = poll(&descriptor, 1, Self.milliseconds(until: wakeTime))
      _ = alarm.takeAll()
    }
  }

  private func takeExpired() -> (expired: [Waiter], wakeTime: ContinuousClock.Instant?) {
    state.withLock { state in
      let now = ContinuousClock.now
      let expired = state.waiters.filter { $0.value.deadline <= now }
      for key in expired.keys { state.waiters[key] = nil }
      state.wakeTime = state.waiters.values.map(\.deadline).min()
      return (Array(expired.values), state.wakeTime)
    }
  }

  /// A timeout for poll(2): rounded up, so that the thread does not wake just before the time, and a day at most.
  private static func milliseconds(until time: ContinuousClock.Instant?) -> Int32 {
    guard let time else { return -1 }
    let (seconds, attoseconds) = (time - .now).components
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    guard seconds < 86_400 else { return 86_400_000 }
    return Int32(seconds) * 1000 + Int32(attoseconds / 1_000_000_000_000_000) + 1
  }
}
