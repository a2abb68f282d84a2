import Clocks
import Encoding
import JetStream
import Locks
import Logging
import PlatformAPI

/// The stored commands: records in the bucket `pls-commands`, cached by every instance, and results in `pls-results`. Records
/// change by compare-and-set only.
final class CommandStore: Sendable {
  /// The outcome of a change.
  enum Change: Sendable {
    /// The changed record.
    case changed(CommandRecord)
    /// The record, which was not changed.
    case unchanged(CommandRecord)
    /// There is no such record.
    case gone

    /// The record, if there is one.
    var record: CommandRecord? {
      switch self {
      case .changed(let record), .unchanged(let record): record
      case .gone: nil
      }
    }
  }

  let cache = Locked(CommandCache())
  private let commands: KeyValueBucket
  private let results: KeyValueBucket
  private let retention: Double
  private let logger: Logger
  private let readiness = Latch()
  /// The last revision that the watch has delivered.
  private let watchedRevision = Locked<UInt64>(0)
  /// Called with the uuid of an agent whose commands changed.
  private let changeObserver = Locked<(@Sendable (String) -> Void)?>(nil)

  /// Creates a store whose cache is empty until ``run()`` has filled it.
  ///
  /// - Parameter retention: The time for which the buckets keep records and results.
  init(commands: KeyValueBucket, results: KeyValueBucket, retention: Duration, logger: Logger) {
    self.commands = commands
    self.results = results
    self.retention = Double(retention.components.seconds)
    self.logger = logger
  }

  /// Keeps the cache current until the task is cancelled.
  func run() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.watch() }
      group.addTask { await self.expireCached() }
    }
  }

  /// Returns when the cache has the content of the bucket, or the task is cancelled.
  func ready() async { await readiness.wait() }

  /// Returns when the cache has the current content of the bucket, the task is cancelled, or `limit` has passed.
  func catchUp(within limit: Duration) async {
    let deadline = ContinuousClock.now + limit
    do throws(JetStreamError) {
      let state = try await commands.state()
      // A watch does not deliver expired records.
      let last = state.messages > 0 ? state.lastSequence : 0
      while watchedRevision.withLock({ $0 }) < last {
        guard ContinuousClock.now < deadline else {
          return logger.warning("the cache of commands lags behind", metadata: ["revision": "\(last)"])
        }
        do { try await Task.sleep(for: .milliseconds(10)) } catch { return }
      }
    } catch {
      logger.warning(
        "whether the cache of commands is current is unknown", metadata: ["reason": "\(error)"])
    }
  }

  private func watch() async {
    await commands.observe(logger: logger) { element in
      switch element {
      case .current: self.readiness.set()
      case .entry(let entry):
        defer { self.watchedRevision.withLock { $0 = entry.revision } }
        guard entry.operation == .put else { return self.cache.withLock { $0.remove(entry.key) } }
        guard let record = CommandRecord(decoding: entry.value), record.id.hasSameBytes(as: entry.key) else {
          return self.logger.warning(
            "the record of a command can't be read", metadata: ["key": "\(entry.key)"])
        }
        self.observe(record, revision: entry.revision, at: entry.time)
      }
    }
  }

  /// Removes expired records. A watch does not report expiry.
  private func expireCached() async {
    while !Task.isCancelled {
      // Ends early when the task is cancelled.
      try? await Task.sleep(for: .seconds(60))
      let limit = WallClock.now - retention
      cache.withLock { $0.removeAll(writtenBefore: limit) }
    }
  }

  private func observe(_ record: CommandRecord, revision: UInt64, at time: Double) {
    let isNew = cache.withLock { $0.observe(record, revision: revision, at: time) }
    if isNew { changeObserver.withLock { $0 }?(record.agent) }
  }

  /// Sets the function that is called with the uuid of an agent whose commands changed.
  func setChangeObserver(_ body: (@Sendable (String) -> Void)?) { changeObserver.withLock { $0 = body } }

  // MARK: Records

  /// The current record of a command, read from the leader of the stream.
  func record(_ id: String) async throws(JetStreamError) -> CommandCache.Versioned? {
    guard let entry = try await commands.get(id, fromLeader: true) else { return nil }
    guard let record = CommandRecord(decoding: entry.value) else { return nil }
    observe(record, revision: entry.revision, at: entry.time)
    return CommandCache.Versioned(record: record, revision: entry.revision)
  }

  /// The record of a command, read from any replica.
  func recentRecord(_ id: String) async throws(JetStreamError) -> CommandRecord? {
    if let open = cache.withLock({ $0.open[id]?.record }) { return open }
    return try await commands.get(id).flatMap { CommandRecord(decoding: $0.value) }
  }

  /// Stores a new command.
  ///
  /// - Parameter change: Proof of the audit entry.
  /// - Throws: ``JetStreamError/Code/wrongLastSequence`` if the id exists.
  func create(_ record: CommandRecord, _ change: AuditedChange) async throws(JetStreamError) {
    let revision = try await commands.create(record.id, record.encoded)
    observe(record, revision: revision, at: record.submittedAt)
  }

  /// The time for which a change is retried while others change the same record.
  private static let retryTimeout = Duration.seconds(10)

  /// Changes a record, and retries when it was changed concurrently.
  ///
  /// - Parameter body: Makes the change; returns false to leave the record unchanged. May be called several times.
  /// - Throws: ``JetStreamError``; the change may have been committed.
  func change(
    _ id: String, _ body: (_ record: inout CommandRecord, _ revision: UInt64) -> Bool
  ) async throws(JetStreamError) -> Change {
    let deadline = ContinuousClock.now + Self.retryTimeout
    var known = cache.withLock { $0.open[id] }
    var attempt = 0
    while true {
      attempt += 1
      if known == nil { known = try await record(id) }
      guard let versioned = known else {
        cache.withLock { $0.remove(id) }
        return .gone
      }
      var record = versioned.record
      guard body(&record, versioned.revision) else { return .unchanged(record) }
      do throws(JetStreamError) {
        let revision = try await commands.update(id, record.encoded, revision: versioned.revision)
        observe(record, revision: revision, at: WallClock.now)
        return .changed(record)
      } catch {
        switch error.code {
        case .wrongLastSequence where ContinuousClock.now < deadline && !Task.isCancelled:
          known = nil
          // Backs off; ends early when the task is cancelled.
          try? await Task.sleep(for: .milliseconds(Int.random(in: 1...(8 * min(attempt, 16)))))
        case .timeout:
          // The write may have been committed and its acknowledgement lost.
          if let stored = try await self.record(id), stored.record.encoded == record.encoded {
            return .changed(record)
          }
          throw error
        default: throw error
        }
      }
    }
  }

  /// Records the cancellation of a command.
  ///
  /// - Parameter change: Proof of the audit entry.
  func cancel(
    _ id: String, by name: String, at time: Double, _ change: AuditedChange
  ) async throws(JetStreamError) -> Change {
    try await self.change(id) { record, _ in record.cancel(by: name, at: time) }
  }

  // MARK: Results

  /// The result payload of a command.
  func result(_ id: String) async throws(JetStreamError) -> [UInt8]? {
    try await results.get(id, fromLeader: true)?.value
  }

  /// Stores the result payload of a command.
  func storeResult(_ result: [UInt8], of id: String) async throws(JetStreamError) {
    try await results.put(id, result)
  }
}
