/// A task that waits for a job to end.
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

/// A task that waits for the lock on a unit. Resumed with true when it holds the lock, with false when it was cancelled.
typealias UnitLockWaiter = CheckedContinuation<Bool, Never>

extension SystemBus {
  /// Calls a method that returns a job, and waits until the job has ended.
  ///
  /// - Returns: The result of the job: `done`, `failed`, `timeout`, `canceled`, `dependency`, `skipped` or another.
  func runJob(_ call: BusCall) async throws(SystemdError) -> String {
    if Task.isCancelled { throw .cancelled(call.purpose) }
    let id = nextID()
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let waiter = JobWaiter(purpose: call.purpose, continuation: continuation)
        // JobRemoved may be the very next message, so the waiter is added before that is read.
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
        waiter.fail { .unusable($0, "the reply cannot be decoded: \(error.reason)") }
      }
    }
  }

  /// Runs an action while holding the lock on a unit.
  func withLock<Answer: Sendable>(
    on unit: String, to purpose: String, _ body: () async throws(SystemdError) -> Answer
  ) async throws(SystemdError) -> Answer {
    try await lock(unit, purpose)
    defer { unitLocks.unlock(unit)?.resume(returning: true) }
    return try await body()
  }

  private func lock(_ unit: String, _ purpose: String) async throws(SystemdError) {
    if Task.isCancelled { throw .cancelled(purpose) }
    if unitLocks.tryLock(unit) { return }
    let id = nextID()
    let isLocked = await withTaskCancellationHandler {
      await withCheckedContinuation { unitLocks.wait($0, id: id, for: unit) }
    } onCancel: {
      post { $0.cancel(id) }
    }
    guard isLocked else { throw .cancelled(purpose) }
  }
}
