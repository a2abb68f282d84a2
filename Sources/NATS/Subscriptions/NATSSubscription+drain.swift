import Locks

extension NATSSubscription {
  /// Waits until a subscription that has ended has no readers.
  ///
  /// - Returns: false if the deadline passed or the task was cancelled.
  func waitUntilConsumed(until deadline: ContinuousClock.Instant) async -> Bool {
    await withTaskGroup(of: Bool.self) { group in
      group.addTask { await self.consumed() }
      group.addTask {
        do {
          try await Task.sleep(until: deadline)
        } catch {
          // Cancelled by the other task, whose result counts, or by the caller.
        }
        return false
      }
      let first = await group.next() ?? false
      group.cancelAll()
      return first
    }
  }

  private func consumed() async -> Bool {
    guard let id = state.withLock({ $0.nextReaderID() }) else { return true }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let waits = state.withLock { $0.awaitConsumed(id, continuation, isCancelled: Task.isCancelled) }
        if !waits { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.removeConsumedWaiter(id) }?.resume()
    }
    return !Task.isCancelled
  }
}
