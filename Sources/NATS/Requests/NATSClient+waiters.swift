import Locks
import NIOCore

extension NATSClient {
  /// Registers a waiter, calls `start`, and waits for the result, the timeout or a cancellation.
  func wait(
    for purpose: WaiterTable.Purpose, timeout: Duration,
    start: (UInt64) throws(NATSError) -> Void
  ) async throws(NATSError) -> NATSMessage? {
    let id = waiters.withLock { $0.nextID() }
    let deadline = NIODeadline.now() + TimeAmount(timeout)
    let result: Result<NATSMessage?, NATSError> = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let waiter = WaiterTable.Waiter(continuation: continuation, deadline: deadline, purpose: purpose)
        let needsTimer: Bool? = waiters.withLock { $0.isClosed ? nil : $0.insert(id, waiter) }
        guard let needsTimer else {
          continuation.resume(returning: .failure(NATSError(.connectionClosed, "the client is closed")))
          return
        }
        if needsTimer { eventLoop.execute { [self] in armWaiterTimer() } }
        // A cancellation before the registration found no waiter to resume.
        guard !Task.isCancelled else {
          resumeWaiter(id, .failure(Self.cancelled))
          return
        }
        do throws(NATSError) {
          try start(id)
        } catch {
          resumeWaiter(id, .failure(error))
        }
      }
    } onCancel: {
      resumeWaiter(id, .failure(Self.cancelled))
    }
    return try result.get()
  }

  private static let cancelled = NATSError(.cancelled, "the task was cancelled while it waited")

  /// Resumes a waiter, unless it was resumed already.
  func resumeWaiter(_ id: UInt64, _ result: Result<NATSMessage?, NATSError>) {
    waiters.withLock { $0.remove(id) }?.continuation.resume(returning: result)
  }

  /// Schedules the timer for the earliest deadline.
  private func armWaiterTimer() {
    let state = onLoop.value
    state.waiterTimer?.cancel()
    state.waiterTimer = waiters.withLock { $0.armed }.map { deadline in
      eventLoop.scheduleTask(deadline: deadline) { [weak self] in self?.expireWaiters() }
    }
  }

  private func expireWaiters() {
    let expired = waiters.withLock { $0.expire(now: .now()) }
    armWaiterTimer()
    for (id, waiter) in expired {
      let error: NATSError
      switch waiter.purpose {
      case .reply(let subject):
        error = NATSError(.timeout, "no reply to the request on \(subject) in time", subject: subject)
      case .confirmation:
        outbound.withLock { $0.removeConfirmation(waiter: id) }
        error = NATSError(.timeout, "the server did not answer in time; the message may have arrived")
      }
      waiter.continuation.resume(returning: .failure(error))
    }
  }
}
