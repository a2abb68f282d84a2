import NIOCore

extension EventLoopFuture where Value: Sendable {
  /// Waits for the value until a deadline. The work behind the future is not cancelled.
  ///
  /// - Throws: `late` at the deadline, `cancelled` if the task is cancelled, otherwise the error of the future.
  func value(by deadline: NIODeadline, orThrow late: NATSError) async throws(NATSError) -> Value {
    let promise = eventLoop.makePromise(of: Value.self)
    let timer = eventLoop.scheduleTask(deadline: deadline) { promise.fail(late) }
    defer { timer.cancel() }
    cascade(to: promise)
    do {
      return try await withTaskCancellationHandler {
        try await promise.futureResult.get()
      } onCancel: {
        promise.fail(NATSError(.cancelled, "the task was cancelled while it waited"))
      }
    } catch let error as NATSError {
      throw error
    } catch {
      throw NATSError(.connectionFailed, "\(error)")
    }
  }
}
