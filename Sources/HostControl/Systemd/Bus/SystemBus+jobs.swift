/// Somebody who waits for the end of a job.
struct JobWaiter {
  let purpose: String
  let continuation: CheckedContinuation<Result<String, SystemdError>, Never>

  func ended(_ result: String) {
    continuation.resume(returning: .success(result))
  }

  func fail(_ error: (String) -> SystemdError) {
    continuation.resume(returning: .failure(error(purpose)))
  }
}

/// Somebody who waits for its turn: true when it has come.
typealias ActionWaiter = CheckedContinuation<Bool, Never>

extension SystemBus {
  /// Calls a method that answers with a job, and waits for the end of it.
  ///
  /// - Returns: The job's result: `done`, `failed`, `timeout`, `canceled`, `dependency`, `skipped` and so on.
  func runJob(_ call: BusCall) async throws(SystemdError) -> String {
    if Task.isCancelled { throw .cancelled(call.purpose) }
    let id = nextID()
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let waiter = JobWaiter(purpose: call.purpose, continuation: continuation)
        // The job's end may be the very next message: the waiter must be there before it is read.
        send(call, id: id) { answer in self.wait(waiter, id, answer) }
      }
    } onCancel: {
      post { $0.cancel(id) }
    }
    return try result.get()
  }

  private func wait(_ waiter: JobWaiter, _ id: UInt64, _ answer: Result<BusReader, SystemdError>) {
    switch answer {
    case .failure(let error):
      waiter.fail { _ in error }
    case .success(let reader):
      do throws(BusReadFailure) {
        jobs.add(waiter, id: id, for: try reader.objectPath())
      } catch {
        waiter.fail { .unusable($0, "the answer cannot be read: \(error.reason)") }
      }
    }
  }

  /// Does something to a unit when nobody else does.
  func exclusively<Answer: Sendable>(
    on unit: String, to purpose: String, _ body: () async throws(SystemdError) -> Answer
  ) async throws(SystemdError) -> Answer {
    try await enter(unit, purpose)
    defer { actions.leave(unit)?.resume(returning: true) }
    return try await body()
  }

  private func enter(_ unit: String, _ purpose: String) async throws(SystemdError) {
    if Task.isCancelled { throw .cancelled(purpose) }
    if actions.enter(unit) { return }
    let id = nextID()
    let hasTurn = await withTaskCancellationHandler {
      await withCheckedContinuation { actions.wait($0, id: id, for: unit) }
    } onCancel: {
      post { $0.cancel(id) }
    }
    guard hasTurn else { throw .cancelled(purpose) }
  }
}
