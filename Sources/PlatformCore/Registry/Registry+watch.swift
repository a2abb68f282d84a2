import JetStream
import Locks
import Logging
import PlatformAPI

extension Registry {
  /// Keeps memory current until the task is cancelled or the client closes.
  public func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.watch(self.agentStore) }
      group.addTask { await self.watch(self.enrollmentStore) }
      group.addTask { await self.watch(self.operatorStore) }
    }
  }

  /// Returns when memory has the content of the buckets, or the task is cancelled.
  public func ready() async { await readiness.wait() }

  /// Whether memory has the content of the buckets.
  public var isReady: Bool { state.withLock { $0.isCurrent } }

  private func watch<Record>(_ store: RecordStore<Record>) async {
    var pause = Duration.milliseconds(250)
    while !Task.isCancelled {
      state.withLock { $0[keyPath: store.cache].beginRound() }
      do throws(JetStreamError) {
        guard try await watchOnce(store, began: { pause = .milliseconds(250) }) else { return }
        logger.warning("registry.bucket_began_anew", metadata: ["bucket": "\(store.bucket.name)"])
      } catch {
        logger.error(
          "registry.watch_failed",
          metadata: ["bucket": "\(store.bucket.name)", "error": "\(error)", "retry_in": "\(pause)"])
        do {
          try await Task.sleep(for: pause)
        } catch {
          return  // cancelled
        }
        pause = min(pause * 2, .seconds(10))
      }
    }
  }

  /// Consumes one watch.
  ///
  /// - Returns: False at the end; true if the bucket was recreated and the watch has to restart.
  private func watchOnce<Record>(
    _ store: RecordStore<Record>, began: () -> Void
  ) async throws(JetStreamError) -> Bool {
    var last: UInt64 = 0
    for try await element in store.bucket.watch() {
      switch element {
      case .entry(let entry):
        // Revisions only grow, unless the bucket was deleted and recreated.
        guard entry.revision > last else { return true }
        last = entry.revision
        apply(entry, store)
        let watchObservers = state.withLock { state in
          state[keyPath: store.cache].delivered = entry.revision
          return Array(state.watchObservers.values)
        }
        for observer in watchObservers { observer.yield() }
      case .current:
        let changes = state.withLock { $0[keyPath: store.cache].endRound() }
        observers.send(changes.compactMap(Self.directoryChange))
        began()
        if isReady { readiness.set() }
      }
    }
    return false
  }

  private func apply<Record>(_ entry: KeyValueEntry, _ store: RecordStore<Record>) {
    var record: Record?
    if entry.operation == .put {
      do {
        record = try APICoding.decode(Record.self, from: entry.value)
      } catch {
        logger.error(
          "registry.record_unreadable", metadata: ["bucket": "\(store.bucket.name)", "key": "\(entry.key)"])
      }
    }
    let change = state.withLock { state in
      if let record {
        state[keyPath: store.cache].put(entry.key, record, revision: entry.revision)
      } else {
        state[keyPath: store.cache].delete(entry.key, revision: entry.revision)
      }
    }
    notify(change, store)
  }

  /// Updates memory with a record that was read or written locally.
  func updateCache<Record>(_ key: String, _ record: Record, _ revision: UInt64, _ store: RecordStore<Record>)
  {
    notify(state.withLock { $0[keyPath: store.cache].put(key, record, revision: revision) }, store)
  }

  /// Notifies observers, unless memory is still being filled.
  func notify<Record>(_ change: RecordCache<Record>.Change?, _ store: RecordStore<Record>) {
    guard let change, state.withLock({ $0[keyPath: store.cache].isCurrent }) else { return }
    observers.send([change].compactMap(Self.directoryChange))
  }

  private static func directoryChange<Record>(_ change: RecordCache<Record>.Change) -> CredentialChange? {
    switch (change.old ?? change.new) as (any Sendable)? {
    case is AgentRecord: .agent(old: change.old as? AgentRecord, new: change.new as? AgentRecord)
    case is OperatorRecord: .operator(old: change.old as? OperatorRecord, new: change.new as? OperatorRecord)
    default: nil
    }
  }
}
