import JetStream
import Locks
import Logging

extension Registry {
  /// The maximum time that ``catchUp()`` waits for the watches. A server waits 2 s for the callout.
  private static let catchUpTimeout = Duration.milliseconds(800)

  /// Returns when memory has every change that was acknowledged before the call, or after ``catchUpTimeout``.
  public func catchUp() async {
    await catchUps.run {
      await withDiscardingTaskGroup { group in
        group.addTask { await self.catchUp(self.agentStore) }
        group.addTask { await self.catchUp(self.enrollmentStore) }
        group.addTask { await self.catchUp(self.operatorStore) }
      }
    }
  }

  /// Whether an agent may claim an enrollment token, from memory.
  public func canClaim(enrollment token: String, by uuid: String) -> Bool {
    guard let record = state.withLock({ $0.enrollments[EnrollmentRecord.id(of: token)] }) else {
      return false
    }
    return record.claimedBy == uuid || record.isOpen(at: now())
  }

  private func catchUp<Record>(_ store: RecordStore<Record>) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        do throws(JetStreamError) {
          let bucket = try await store.bucket.state()
          // The last sequence is that of the last change, unless all messages have expired.
          if bucket.messages > 0 { await self.waitForWatch(store, bucket.lastSequence) }
        } catch {
          self.logger.debug(
            "registry.catch_up_failed", metadata: ["bucket": "\(store.bucket.name)", "error": "\(error)"])
        }
      }
      group.addTask {
        do {
          try await Task.sleep(for: Self.catchUpTimeout)
        } catch {
          // The watch has delivered in time.
        }
      }
      await group.next()
      group.cancelAll()
    }
  }

  private func waitForWatch<Record>(_ store: RecordStore<Record>, _ sequence: UInt64) async {
    let (deliveries, continuation) = AsyncStream.makeStream(
      of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let id = state.withLock { state in
      state.nextObserver += 1
      state.watchObservers[state.nextObserver] = continuation
      return state.nextObserver
    }
    defer { _ = state.withLock { $0.watchObservers.removeValue(forKey: id) } }
    func isReached() -> Bool { state.withLock { $0[keyPath: store.cache].delivered >= sequence } }
    if isReached() { return }
    for await _ in deliveries where isReached() { return }
  }
}
