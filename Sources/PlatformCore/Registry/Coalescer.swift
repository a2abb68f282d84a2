import Locks

/// Runs one asynchronous operation for all callers that wait for it, at most once an interval.
///
/// The operation that a caller waits for begins after its call, so that it sees every change made before.
final class Coalescer: Sendable {
  private enum Role {
    /// Runs the operation, not before this time.
    case leader(ContinuousClock.Instant)
    /// The operation has ended.
    case served
    /// Too many callers wait.
    case refused
  }

  private struct State {
    /// The callers of an operation that has not begun; nil while none is due.
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
  ///   - interval: the least time between the starts of two operations.
  ///   - maximumWaiters: callers beyond it return at once, without the operation.
  init(interval: Duration, maximumWaiters: Int) {
    self.interval = interval
    self.maximumWaiters = maximumWaiters
  }

  /// Runs `operation`, which must end by itself, or waits for the end of the one that another caller is about to run.
  func run(_ operation: () async -> Void) async {
    let role = await withCheckedContinuation { continuation in
      let role = state.withLock { state -> Role? in
        guard state.waiting < maximumWaiters else { return .refused }
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
    case .refused: return
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
        // Cancelled: the operation ends early as well, and the callers that wait go on.
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
