import Locks

extension NATSSubscription {
  /// Waits until no reader is left of a subscription that has ended.
  ///
  /// - Returns: false if the deadline came first, or the task was cancelled.
  func waitUntilConsumed(until deadline: ContinuousClock.Instant) async -> Bool {
    await withTaskGroup(of: Bool.self) { group in
      group.addTask { await self.consumed() }
      group.addTask {
        do {
          try await Task.sleep(until: deadline)
        } catch {
          // The readers were quicker, or nobody waits any more: the answer is the same.
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
      state.withLock { $0.forgetConsumed(id) }?.resume()
    }
    return !Task.isCancelled
  }
}
