import AgentProtocol
import HostControl
import JSON
import Locks
import Logging

/// Remembers which commands came, which ran and how they ended: what has an effect has it once, however often the command
/// comes and whenever the agent ends.
///
/// That a command starts is on disk before it does, its result before it is sent. Files are touched on a thread of their own.
final class CommandJournal: Sendable {
  private let path: String?
  private let limits: JournalLimits
  private let losses: LossCounter
  private let logger: Logger
  private let bootID: String
  private let index = Locked(JournalIndex())
  private let mailbox = Locked<Mailbox<JournalRequest>?>(nil)
  private let isHeld = Locked(false)
  /// When the files were read, by ``ClockReading/sinceBoot``.
  private let openedAt = Locked<Int64?>(nil)

  /// A journal. Nothing is touched before `open()`.
  ///
  /// - Parameters:
  ///   - folder: Where the folder `journal` is, or will be; nil = in memory: then nothing is known after a restart.
  ///   - limits: How much is kept.
  ///   - losses: Counts the results that had to go before they were delivered.
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

  /// How the journal fares, for `agent.status`.
  struct Status: Sendable, Equatable {
    /// The folder; nil = in memory.
    var path: String?
    /// Whether commands can be noted; else those with effects are refused.
    var isOpen: Bool
    /// How many results are kept.
    var entries: Int
    /// What they take on disk, or in memory.
    var bytes: Int
    /// How many of them the server has not confirmed.
    var undelivered: Int
  }

  /// How it fares.
  var status: Status {
    let isOpen = isOpen
    return index.withLock {
      Status(
        path: path, isOpen: isOpen, entries: $0.count, bytes: $0.bytes, undelivered: $0.undeliveredCount)
    }
  }

  /// Whether what it takes is there after a restart.
  var isDurable: Bool { path != nil }

  /// The longest result that it keeps whole, in bytes.
  var resultLimit: Int { limits.resultBytes }

  /// Whether commands can be noted.
  var isOpen: Bool { isHeld.withLock { $0 } }

  /// Takes hold of the folder and reads what is there.
  ///
  /// - Returns: The runs that were interrupted, the oldest first.
  /// - Throws: ``JournalError``, also when another agent holds the folder; it can be tried again.
  func open() async throws(JournalError) -> [InterruptedRun] {
    guard !isOpen else { return [] }
    let done = OneShot<JournalError?>()
    try started().post(.open(done))
    if let error = await done.value { throw error }
    openedAt.withLock { $0 = ClockReading.current.sinceBoot }
    isHeld.withLock { $0 = true }
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

  /// Lets go of the folder, when all that was asked for is done.
  func close() async {
    let mailbox = mailbox.withLock { mailbox in
      defer { mailbox = nil }
      return mailbox
    }
    isHeld.withLock { $0 = false }
    guard let mailbox else { return }
    let done = OneShot<Void>()
    mailbox.post(.close(done))
    await done.value
  }

  private func started() throws(JournalError) -> Mailbox<JournalRequest> {
    do throws(StartFailure) {
      return try mailbox.withLock { mailbox throws(StartFailure) in
        if let mailbox { return mailbox }
        let new = try Mailbox<JournalRequest>()
        let (path, limits, index, losses, logger) = (path, limits, index, losses, logger)
        try WorkerThread.start(name: "journal") {
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

  /// When the last of all known commands was received, by this machine's own clock, in unix seconds.
  var newestReceived: Int64 { index.withLock { $0.newestReceived } }

  /// Takes what is known of the platform's clock: no command that damage has hit was made after the files were read. Without that
  /// knowledge the estimate depends on this machine's clock, which may be ahead.
  func limitDamage(by evidence: ClockEvidence) {
    guard let opened = openedAt.withLock({ $0 }), let latest = evidence.latestPlatformTime(at: opened) else {
      return
    }
    index.withLock { $0.limitDamage(upTo: latest) }
  }

  /// Looks a command up. See ``JournalIndex/lookUp(_:made:by:digest:)``.
  func lookUp(
    _ key: JournalKey, made: Int64?, to target: ReplyTarget, digest: () -> UInt64
  ) -> JournalIndex.Lookup {
    index.withLock { $0.lookUp(key, made: made, to: target, digest: digest) }
  }

  /// A command waits to run.
  func register(_ command: JournaledCommand, to target: ReplyTarget) {
    index.withLock { $0.register(command, to: target) }
  }

  /// A command will not run, and may come again.
  ///
  /// - Returns: Where to tell that.
  func withdraw(_ key: JournalKey) -> ReplyTarget? {
    index.withLock { $0.withdraw(key)?.target }
  }

  /// Returns when it is on disk that a command starts.
  ///
  /// - Throws: ``JournalError``: it must not start.
  func start(_ key: JournalKey) async throws(JournalError) {
    let command = index.withLock { $0.live[key]?.command }
    let done = OneShot<JournalError?>()
    guard let command, post(.start(command, bootID: bootID, done)) else {
      throw JournalError("the journal is closed")
    }
    if let error = await done.value { throw error }
  }

  /// Notes a process of a running command.
  func recordProcess(_ identity: ProcessIdentity, of key: JournalKey) {
    index.withLock { $0.recordProcess(identity, of: key) }
    _ = post(.process(key, identity))
  }

  /// Notes how a command has ended. The record precedes that of whatever starts after this call.
  ///
  /// - Parameter messageID: The id of the message that brings the result, each time that it is sent.
  /// - Returns: Where the result goes, as soon as it is on disk, or when no disk takes it.
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

  /// Notes that a command never runs, now or later.
  ///
  /// - Parameter messageID: The id of the message that brings the result, each time that it is sent.
  /// - Returns: Where the result goes.
  /// - Throws: ``JournalError``: it is not known after this, and may come again.
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

  /// The result of a command that was answered, and the id of the message that brought it.
  func result(of key: JournalKey) async -> (payload: ResultPayload, messageID: String)? {
    let done = OneShot<StoredResult?>()
    guard post(.read(key, done)), let stored = await done.value,
      let payload = ResultPayload(parsing: stored.bytes)
    else { return nil }
    return (payload, stored.messageID)
  }

  /// The results that are neither confirmed nor on their way, the oldest first. Whoever takes them sends them.
  func takeUndelivered() -> [JournalKey] {
    index.withLock { $0.takeUndelivered() }
  }

  /// The server has confirmed a result.
  func markDelivered(_ key: JournalKey) {
    _ = post(.deliver(key))
  }

  /// A result did not get through, and waits for another connection.
  func requeue(_ key: JournalKey) {
    index.withLock { $0.requeue(key) }
  }
}
