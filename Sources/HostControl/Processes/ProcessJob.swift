import Locks

/// One run of a program: its request, whether it is cancelled, and its result.
final class ProcessJob: Sendable {
  typealias Outcome = Result<ProcessOutcome, ProcessError>

  let request: ProcessRequest
  private let state = Locked(State())

  private struct State: Sendable {
    var isCancelled = false
    var isCompleted = false
    /// The result, when the job was completed before `wait`.
    var result: Outcome?
    var waiter: CheckedContinuation<Outcome, Never>?
  }

  init(_ request: ProcessRequest) {
    self.request = request
  }

  var isCancelled: Bool { state.withLock { $0.isCancelled } }

  var isCompleted: Bool { state.withLock { $0.isCompleted } }

  func cancel() {
    state.withLock { $0.isCancelled = true }
  }

  /// Completes the job. Later calls have no effect.
  func complete(_ result: Outcome) {
    let waiter: CheckedContinuation<Outcome, Never>? = state.withLock { state in
      guard !state.isCompleted else { return nil }
      state.isCompleted = true
      guard let waiter = state.waiter else {
        state.result = result
        return nil
      }
      state.waiter = nil
      return waiter
    }
    waiter?.resume(returning: result)
  }

  /// Resumes `waiter` with the result, at once or when the job is completed.
  func wait(_ waiter: CheckedContinuation<Outcome, Never>) {
    let result: Outcome? = state.withLock { state in
      if let result = state.result { return result }
      state.waiter = waiter
      return nil
    }
    if let result { waiter.resume(returning: result) }
  }
}
