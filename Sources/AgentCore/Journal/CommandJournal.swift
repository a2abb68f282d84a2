import AgentProtocol
import HostControl
import JSON
import Locks
import Logging
import Threads

/// A write-ahead journal of commands and their results, for effects exactly once, across repeated deliveries and restarts.
///
/// The start of a command is on disk before it runs, and its result before it is published. A dedicated thread accesses the files.
final class CommandJournal: Sendable {
  private let path: String?
  private let limits: JournalLimits
  private let losses: LossCounter
  private let logger: Logger
  private let bootID: String
  private let index = Locked(JournalIndex())
  private let mailbox = Locked<Mailbox<JournalRequest>?>(nil)
  private let isOpened = Locked(false)
  /// The time at which the files were read, as ``ClockReading/sinceBoot``.
  private let openedAt = Locked<Int64?>(nil)

  /// Creates a journal. No file is accessed before ``open()``.
  ///
  /// - Parameters:
  ///   - folder: The parent of the folder `journal`; nil = the journal is in memory and ends with the process.
  ///   - limits: The retention limits.
  ///   - losses: Counts the results that were dropped before their delivery.
  init(
    in folder: String?, limits: JournalLimits? = nil, losses: LossCounter, logger: Logger,
    bootID: String = BootID.current
  ) {
    path = folder.map { "\($0)/journal" }
    self.limits = limits ?? (folder == nil ? .volatile : .durable)
    self.losses = losses
    self.logger = logger
    self.bootID = bootID
  }

  /// The state of the journal, for `agent.status`.
  struct Status: Sendable, Equatable {
    /// The folder; nil = in memory.
    var path: String?
    /// Whether commands can be journalled. If not, commands with effects are rejected.
    var isOpen: Bool
    /// The number of stored results.
    var entries: Int
    /// The size of all segments, in bytes.
    var bytes: Int
    /// The number of results that the server has not confirmed.
    var undelivered: Int
  }

  /// The current state.
  var status: Status {
    let isOpen = isOpen
    return index.withLock {
      Status(
        path: path, isOpen: isOpen, entries: $0.count, bytes: $0.bytes, undelivered: $0.undeliveredCount)
    }
  }

  /// Whether the journal survives a restart.
  var isDurable: Bool { path != nil }

  /// The largest result that is stored in full, in bytes.
  var resultLimit: Int { limits.resultBytes }

  /// Whether commands can be journalled.
  var isOpen: Bool { isOpened.withLock { $0 } }

  /// Locks the folder and reads the journal.
  ///
  /// - Returns: The interrupted runs, oldest first.
  /// - Throws: ``JournalError``, also when another agent has locked the folder. The call can be repeated.
  func open() async throws(JournalError) -> [InterruptedRun] {
    guard !isOpen else { return [] }
    let done = OneShot<JournalError?>()
    try started().post(.open(done))
    if let error = await done.value { throw error }
    openedAt.withLock { $0 = ClockReading.current.sinceBoot }
    isOpened.withLock { $0 = true }
    return index.withLock { index in
      index.live.values.compactMap { live in
        live.start.map { start in
          InterruptedRun(
            commandID: live.command.id, operation: live.command.operation, startedAt: live.command.received,
            bootID: start.bootID, processes: live.processes)
        }
      }.sorted { $0.startedAt < $1.startedAt }
    }
  }

  /// Closes the journal after all pending requests.
  func close() async {
    let mailbox = mailbox.withLock { mailbox in
      defer { mailbox = nil }
      return mailbox
    }
    isOpened.withLock { $0 = false }
    guard let mailbox else { return }
    let done = OneShot<Void>()
    mailbox.post(.close(done))
    await done.value
  }

  private func started() throws(JournalError) -> Mailbox<JournalRequest> {
    do throws(ThreadError) {
      return try mailbox.withLock { mailbox throws(ThreadError) in
        if let mailbox { return mailbox }
        let new = try Mailbox<JournalRequest>()
        let (path, limits, index, losses, logger) = (path, limits, index, losses, logger)
        try Thread.start(name: "journal") {
          JournalWriter(path: path, limits: limits, index: index, losses: losses, logger: logger).run(new)
        }
        mailbox = new
        return new
      }
    } catch {
      throw JournalError("start a thread", path ?? "memory", errno: error.errno)
    }
  }

  private func post(_ request: JournalRequest) -> Bool {
    guard let mailbox = mailbox.withLock({ $0 }) else { return false }
    mailbox.post(request)
    return true
  }

  // MARK: Commands

  /// The reception time of the newest command by this machine's own clock, in unix seconds.
  var newestReceived: Int64 { index.withLock { $0.newestReceived } }

  /// Limits the watermark after damage by the platform's clock: no lost command was made after the files were read. Without that
  /// evidence the estimate depends on this machine's clock, which may be ahead.
  func limitDamage(by evidence: ClockEvidence) {
    guard let opened = openedAt.withLock({ $0 }), let latest = evidence.latestPlatformTime(at: opened) else {
      return
    }
    index.withLock { $0.limitDamage(upTo: latest) }
  }

  /// Looks up a command. See ``JournalIndex/lookUp(_:made:to:digest:)``.
  func lookUp(
    _ key: JournalKey, made: Int64?, to target: ReplyTarget, digest: () -> UInt64
  ) -> JournalIndex.Lookup {
    index.withLock { $0.lookUp(key, made: made, to: target, digest: digest) }
  }

  /// Registers a waiting command.
  func register(_ command: JournaledCommand, to target: ReplyTarget) {
    index.withLock { $0.register(command, to: target) }
  }

  /// Removes a command that will not run. It can be sent again.
  ///
  /// - Returns: The newest reply target.
  func withdraw(_ key: JournalKey) -> ReplyTarget? {
    index.withLock { $0.withdraw(key)?.target }
  }

  /// Journals the start of a command. Returns when the record is on disk.
  ///
  /// - Throws: ``JournalError``; the command must not start then.
  func start(_ key: JournalKey) async throws(JournalError) {
    let command = index.withLock { $0.live[key]?.command }
    let done = OneShot<JournalError?>()
    guard let command, post(.start(command, bootID: bootID, done)) else {
      throw JournalError("the journal is closed")
    }
    if let error = await done.value { throw error }
  }

  /// Journals a process of a running command.
  func recordProcess(_ identity: ProcessIdentity, of key: JournalKey) {
    index.withLock { $0.recordProcess(identity, of: key) }
    _ = post(.process(key, identity))
  }

  /// Journals the result of a command. The record precedes those of commands that start after this call.
  ///
  /// - Parameter messageID: The id of the message that carries the result, the same in every attempt.
  /// - Returns: The reply target, as soon as the result is on disk or cannot be written.
  func finish(_ key: JournalKey, _ result: ResultPayload, messageID: String) -> OneShot<ReplyTarget?> {
    let done = OneShot<ReplyTarget?>()
    let command = index.withLock { $0.end(key) }
    guard let command,
      post(.finish(command, messageID: messageID, result: JSONWriter.encode(result.json), done))
    else {
      done.complete(index.withLock { $0.answer(key) })
      return done
    }
    return done
  }

  /// Journals the permanent rejection of a command.
  ///
  /// - Parameter messageID: The id of the message that carries the result, the same in every attempt.
  /// - Returns: The newest reply target.
  /// - Throws: ``JournalError``; the command is not journalled then, and can be sent again.
  func refuse(
    _ command: JournaledCommand, _ result: ResultPayload, messageID: String
  ) async throws(JournalError) -> ReplyTarget? {
    let done = OneShot<Result<ReplyTarget?, JournalError>>()
    let bytes = JSONWriter.encode(result.json)
    guard post(.refuse(command, messageID: messageID, result: bytes, done)) else {
      throw JournalError("the journal is closed")
    }
    return try await done.value.get()
  }

  // MARK: Results

  /// The stored result of a command, and the id of its message.
  func result(of key: JournalKey) async -> (payload: ResultPayload, messageID: String)? {
    let done = OneShot<StoredResult?>()
    guard post(.read(key, done)), let stored = await done.value,
      let payload = ResultPayload(parsing: stored.bytes)
    else { return nil }
    return (payload, stored.messageID)
  }

  /// Takes the results that are neither confirmed nor in flight, oldest first. The caller has to publish them.
  func takeUndelivered() -> [JournalKey] {
    index.withLock { $0.takeUndelivered() }
  }

  /// Records that the server has confirmed a result.
  func markDelivered(_ key: JournalKey) {
    _ = post(.deliver(key))
  }

  /// Returns a result whose delivery failed, for an attempt on another connection.
  func requeue(_ key: JournalKey) {
    index.withLock { $0.requeue(key) }
  }
}
