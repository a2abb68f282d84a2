import Locks

/// One call of `ProcessRunner.run`: the request, the wish to cancel it and the one answer.
final class ProcessJob: Sendable {
  typealias Answer = Result<ProcessOutcome, ProcessError>

  let request: ProcessRequest
  private let state = Locked(State())

  private struct State: Sendable {
    var isCancelled = false
    var isAnswered = false
    /// An answer that came before anybody waited for it.
    var answer: Answer?
    var waiter: CheckedContinuation<Answer, Never>?
  }

  init(_ request: ProcessRequest) {
    self.request = request
  }

  var isCancelled: Bool { state.withLock { $0.isCancelled } }

  var isAnswered: Bool { state.withLock { $0.isAnswered } }

  func cancel() {
    state.withLock { $0.isCancelled = true }
  }

  /// Gives the answer; only the first one counts.
  func answer(_ answer: Answer) {
    let waiter: CheckedContinuation<Answer, Never>? = state.withLock { state in
      guard !state.isAnswered else { return nil }
      state.isAnswered = true
      guard let waiter = state.waiter else {
        state.answer = answer
        return nil
      }
      state.waiter = nil
      return waiter
    }
    waiter?.resume(returning: answer)
  }

  func wait(_ waiter: CheckedContinuation<Answer, Never>) {
    let answer: Answer? = state.withLock { state in
      if let answer = state.answer { return answer }
      state.waiter = waiter
      return nil
    }
    if let answer { waiter.resume(returning: answer) }
  }
}
