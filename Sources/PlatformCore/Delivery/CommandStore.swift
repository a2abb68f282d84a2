import JetStream
import Locks
import Logging
import PlatformAPI

/// The commands that are kept: records in the bucket `pls-commands`, mirrored in the memory of every instance, and results in
/// `pls-results`. A record changes by compare-and-set only.
final class CommandStore: Sendable {
  /// What became of a change.
  enum Change: Sendable {
    /// The record is so now.
    case changed(CommandRecord)
    /// It was left as it is.
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
  private let kept: Double
  private let logger: Logger
  private let readiness = Latch()
  /// The revision up to which the watch has told.
  private let watchedRevision = Locked<UInt64>(0)
  /// Who has to know that something about an agent's commands changed.
  private let changeObserver = Locked<(@Sendable (String) -> Void)?>(nil)

  /// A store whose memory is empty until ``run()`` has filled it.
  ///
  /// - Parameter kept: how long the buckets keep what was written.
  init(commands: KeyValueBucket, results: KeyValueBucket, kept: Duration, logger: Logger) {
    self.commands = commands
    self.results = results
    self.kept = Double(kept.components.seconds)
    self.logger = logger
  }

  /// Keeps memory current until the task is cancelled.
  func run() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.watch() }
      group.addTask { await self.expireCached() }
    }
  }

  /// Returns when all that was in the bucket is in memory, or the task is cancelled.
  func ready() async { await readiness.wait() }

  /// Returns when all that is in the bucket now is in memory, or the task is cancelled; after `limit` it returns all the same.
  func catchUp(within limit: Duration) async {
    let deadline = ContinuousClock.now + limit
    do throws(JetStreamError) {
      let state = try await commands.state()
      // What has run out is not told.
      let last = state.messages > 0 ? state.lastSequence : 0
      while watchedRevision.withLock({ $0 }) < last {
        guard ContinuousClock.now < deadline else {
          return logger.warning("the memory of commands lags behind", metadata: ["revision": "\(last)"])
        }
        do { try await Task.sleep(for: .milliseconds(10)) } catch { return }
      }
    } catch {
      logger.warning(
        "whether the memory of commands is current can't be told", metadata: ["reason": "\(error)"])
    }
  }

  private func watch() async {
    await Watching.run(commands, logger: logger) { element in
      switch element {
      case .current: self.readiness.set()
      case .entry(let entry):
        defer { self.watchedRevision.withLock { $0 = entry.revision } }
        guard entry.operation == .put else { return self.cache.withLock { $0.remove(entry.key) } }
        guard let record = CommandRecord(decoding: entry.value), record.id == entry.key else {
          return self.logger.warning(
            "the record of a command can't be read", metadata: ["key": "\(entry.key)"])
        }
        self.observe(record, revision: entry.revision, at: entry.time)
      }
    }
  }

  /// The bucket forgets without a word.
  private func expireCached() async {
    while !Task.isCancelled {
      // Ends early when the task is cancelled.
      try? await Task.sleep(for: .seconds(60))
      let limit = WallClock.now - kept
      cache.withLock { $0.removeAll(writtenBefore: limit) }
    }
  }

  private func observe(_ record: CommandRecord, revision: UInt64, at time: Double) {
    let isNew = cache.withLock { $0.observe(record, revision: revision, at: time) }
    if isNew { changeObserver.withLock { $0 }?(record.agent) }
  }

  /// Sets who has to know that something about an agent's commands changed.
  func setChangeObserver(_ body: (@Sendable (String) -> Void)?) { changeObserver.withLock { $0 = body } }

  // MARK: Records

  /// The record of a command as the bucket has it now.
  func record(_ id: String) async throws(JetStreamError) -> CommandCache.Versioned? {
    guard let entry = try await commands.get(id, fromLeader: true) else { return nil }
    guard let record = CommandRecord(decoding: entry.value) else { return nil }
    observe(record, revision: entry.revision, at: entry.time)
    return CommandCache.Versioned(record: record, revision: entry.revision)
  }

  /// The record of a command, from any copy of the bucket.
  func recentRecord(_ id: String) async throws(JetStreamError) -> CommandRecord? {
    if let open = cache.withLock({ $0.open[id]?.record }) { return open }
    return try await commands.get(id).flatMap { CommandRecord(decoding: $0.value) }
  }

  /// Keeps a new command.
  ///
  /// - Parameter change: that it is in the audit record.
  /// - Throws: ``JetStreamError/Code/wrongLastSequence`` if there is one of this id.
  func create(_ record: CommandRecord, _ change: AuditedChange) async throws(JetStreamError) {
    let revision = try await commands.create(record.id, record.encoded)
    observe(record, revision: revision, at: record.submittedAt)
  }

  /// How long a change is tried again when others change the same record.
  private static let retryTimeout = Duration.seconds(10)

  /// Changes a record, trying again when somebody else changed it meanwhile.
  ///
  /// - Parameter body: makes the change; false when there is none to be made. May be called several times.
  /// - Throws: ``JetStreamError``; whether it was made is not known then.
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
          // Lets others go first; ends early when the task is cancelled.
          try? await Task.sleep(for: .milliseconds(Int.random(in: 1...(8 * min(attempt, 16)))))
        case .timeout:
          // It may have been made and its answer got lost.
          if let stored = try await self.record(id), stored.record == record { return .changed(record) }
          throw error
        default: throw error
        }
      }
    }
  }

  /// Notes that an operator wants a command to end.
  ///
  /// - Parameter change: that it is in the audit record.
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

  /// Keeps the result payload of a command.
  func keep(_ result: [UInt8], of id: String) async throws(JetStreamError) {
    try await results.put(id, result)
  }
}
