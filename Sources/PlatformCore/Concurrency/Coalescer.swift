import Locks

/// Runs one asynchronous operation for all waiting callers, at most once an interval.
///
/// The operation that a caller waits for starts after its call, so that it observes every earlier change.
final class Coalescer: Sendable {
  private enum Role {
    /// Runs the operation, not before this time.
    case leader(ContinuousClock.Instant)
    /// The operation has ended.
    case served
    /// Too many callers are waiting.
    case rejected
  }

  private struct State {
    /// The callers of the operation that has not started; nil while none is scheduled.
    var waiters: [CheckedContinuation<Role, Never>]?
    var lastStart: ContinuousClock.Instant?
    var waiting = 0
  }

  private let interval: Duration
  private let maximumWaiters: Int
  private let state = Locked(State())

  /// Creates a coalescer.
  ///
  /// - Parameters:
  ///   - interval: The minimum time between the starts of two operations.
  ///   - maximumWaiters: Callers beyond this number return at once, without the operation.
  init(interval: Duration, maximumWaiters: Int) {
    self.interval = interval
    self.maximumWaiters = maximumWaiters
  }

  /// Runs `operation`, or waits for the one that another caller is about to run. The operation must have a time limit of its own.
  func run(_ operation: () async -> Void) async {
    let role = await withCheckedContinuation { continuation in
      let role = state.withLock { state -> Role? in
        guard state.waiting < maximumWaiters else { return .rejected }
        state.waiting += 1
        if state.waiters != nil {
          state.waiters?.append(continuation)
          return nil
        }
        state.waiters = []
        let start = max(.now, state.lastStart.map { $0 + interval } ?? .now)
        state.lastStart = start
        return .leader(start)
      }
      if let role { continuation.resume(returning: role) }
    }
    switch role {
    case .rejected: return
    case .served: break
    case .leader(let start):
      await lead(from: start, operation)
    }
    state.withLock { $0.waiting -= 1 }
  }

  private func lead(from start: ContinuousClock.Instant, _ operation: () async -> Void) async {
    if start > .now {
      do {
        try await Task.sleep(until: start, clock: .continuous)
      } catch {
        // Cancelled: the operation ends early as well, and the waiting callers continue.
      }
    }
    let waiters = state.withLock { state in
      defer { state.waiters = nil }
      return state.waiters ?? []
    }
    await operation()
    for waiter in waiters { waiter.resume(returning: .served) }
  }
}
