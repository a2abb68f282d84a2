import NIOCore

extension EventLoopFuture where Value: Sendable {
  /// Waits, but not beyond a deadline; what is under way then goes on by itself.
  ///
  /// - Throws: `late` at the deadline, `cancelled` when the task is, else what the future failed with.
  func value(by deadline: NIODeadline, orThrow late: NATSError) async throws(NATSError) -> Value {
    let promise = eventLoop.makePromise(of: Value.self)
    let timer = eventLoop.scheduleTask(deadline: deadline) { promise.fail(late) }
    defer { timer.cancel() }
    cascade(to: promise)
    do {
      return try await withTaskCancellationHandler {
        try await promise.futureResult.get()
      } onCancel: {
        promise.fail(NATSError(.cancelled, "the wait was given up"))
      }
    } catch let error as NATSError {
      throw error
    } catch {
      throw NATSError(.connectionFailed, "\(error)")
    }
  }
}
