import AgentProtocol
import JSON
import Locks

/// Runs the queries whose answers are large: within a budget of bytes that is taken before they run, and once for all equal
/// ones that wait together.
///
/// A query never shares a run that began before it arrived: its answer is at least as new as the query. So of equal queries one
/// runs and the others wait for the next run, which answers all of them.
final class SharedQueries: Sendable {
  /// What makes two queries equal.
  struct Key: Hashable, Sendable {
    let operation: String
    /// Of operation and canonical parameters.
    let digest: UInt64
  }

  /// The outcome of a run; its bytes are reserved as long as this object exists.
  final class Share: Sendable {
    let outcome: OperationOutcome
    /// The bytes that the output takes.
    let size: Int
    private let budget: ByteSemaphore
    private let reserved: Int

    fileprivate init(_ outcome: OperationOutcome, size: Int, reserved: Int, of budget: ByteSemaphore) {
      self.outcome = outcome
      self.size = size
      self.budget = budget
      self.reserved = reserved
    }

    deinit {
      if reserved > 0 { budget.release(reserved) }
    }
  }

  private typealias Waiting = CheckedContinuation<Turn, Never>

  private enum Turn: Sendable {
    /// Runs the query, also for these.
    case run(followers: [Waiting])
    /// Another one has run it.
    case take(Share)
  }

  private let budget: ByteSemaphore
  /// By the query that runs: those that wait for the next run.
  private let waiting = Locked<[Key: [Waiting]]>([:])

  /// - Parameter limit: The most bytes that all runs and their undelivered outcomes may hold together.
  init(limit: Int) {
    budget = ByteSemaphore(limit)
  }

  /// The outcome of a query: refused with `busy` where the budget has no room for it.
  ///
  /// - Parameter cost: The most bytes that a run may hold.
  func outcome(
    of key: Key, cost: Int, _ run: @Sendable () async -> OperationOutcome
  ) async -> Share {
    let turn: Turn = await withCheckedContinuation { continuation in
      let isFirst = waiting.withLock { waiting in
        if waiting[key] != nil {
          waiting[key]?.append(continuation)
          return false
        }
        waiting[key] = []
        return true
      }
      if isFirst { continuation.resume(returning: .run(followers: [])) }
    }
    switch turn {
    case .take(let share): return share
    case .run(let followers):
      let share = await produce(cost, run)
      startNext(key)
      for follower in followers { follower.resume(returning: .take(share)) }
      return share
    }
  }

  private func produce(_ cost: Int, _ run: @Sendable () async -> OperationOutcome) async -> Share {
    guard budget.tryReserve(cost) else {
      let refusal = Refusal(.busy, "too many large answers are being produced; try again")
      return Share(.refused(refusal), size: 0, reserved: 0, of: budget)
    }
    let outcome = await run()
    let size = outcome.output?.footprint ?? 0
    // What was only needed while it was produced is free again.
    let kept = min(size, cost)
    budget.release(cost - kept)
    return Share(outcome, size: size, reserved: kept, of: budget)
  }

  private func startNext(_ key: Key) {
    let next = waiting.withLock { waiting in
      let next = waiting[key] ?? []
      waiting[key] = next.isEmpty ? nil : []
      return next
    }
    next.first?.resume(returning: .run(followers: Array(next.dropFirst())))
  }
}
