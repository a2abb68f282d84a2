import AgentProtocol
import JSON
import Locks

/// Executes queries with large outputs: within a memory budget that is reserved before a run, and once for equal queries that
/// wait together.
///
/// A query never shares a run that began before it arrived, so its output is never older than the query. Of equal queries, one
/// runs, and the others wait for the next run, which answers all of them.
final class SharedQueries: Sendable {
  /// The identity of a query.
  struct Key: Hashable, Sendable {
    let operation: String
    /// The ``CommandDigest`` of operation and parameters; 0 without parameters.
    let digest: UInt64
  }

  /// The outcome of a run. Its bytes stay reserved as long as this object exists.
  final class Share: Sendable {
    let outcome: OperationOutcome
    /// The memory that the output takes, in bytes.
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
    /// This task executes the query, also for the followers.
    case run(followers: [Waiting])
    /// Another task has executed the query.
    case take(Share)
  }

  private let budget: ByteSemaphore
  /// The tasks that wait for the next run, by the running query.
  private let waiting = Locked<[Key: [Waiting]]>([:])

  /// Creates an executor.
  ///
  /// - Parameter limit: The memory for all runs and their undelivered outcomes, in bytes.
  init(limit: Int) {
    budget = ByteSemaphore(limit)
  }

  /// The outcome of a query; `busy` when the budget is exhausted.
  ///
  /// - Parameter cost: The memory that a run may need, in bytes.
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
    // Only the output stays reserved.
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
