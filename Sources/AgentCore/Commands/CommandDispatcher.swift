import AgentProtocol
import Encoding
import JSON
import Locks
import Logging
import StructuredLogging

/// Processes commands: message → envelope → journal → gate → operation → journal → delivery.
///
/// Queries run immediately. Commands with effects are scheduled by the ``CommandScheduler``, and take effect once, however often
/// they are delivered. Every command with a valid envelope gets exactly one result.
final class CommandDispatcher: Sendable {
  /// The settings that a reload can change.
  struct Settings: Sendable {
    /// The permitted operations and executables.
    var policy: CommandPolicy
    /// The timeout of commands that do not set one.
    var timeout: Duration

    /// Creates settings.
    init(policy: CommandPolicy, timeout: Duration) {
      self.policy = policy
      self.timeout = timeout
    }
  }

  private let agent: AgentUUID
  let catalogue: Catalogue
  let scheduler: CommandScheduler
  let journal: CommandJournal
  let runner: CommandRunner
  let delivery: ResultDelivery
  let losses: LossCounter
  let clock: PlatformClock
  private let obstacle: @Sendable () -> String?
  let logger: Logger
  private let state: Locked<State>
  private let skew: Locked<SkewWarning>
  /// The reason for rejecting commands with effects; nil = they are accepted.
  private let closing = Locked<String?>(nil)
  let journalProblems = Locked(LogRateLimiter())
  let retryInterval: Duration
  /// Serialises opening the journal.
  let opening = AsyncSemaphore(1)
  /// The interrupted runs, already scheduled.
  let interrupted = AsyncStream<Interrupted>.makeStream()
  /// Yields each time the journal was opened.
  let openings = AsyncStream<Void>.makeStream()
  /// The memory of queries and rejections until they are answered.
  let inFlight = ByteSemaphore(16 << 20)
  /// The queries with large outputs.
  let queries = SharedQueries(limit: 64 << 20)
  /// The memory of large results while they are encoded and published.
  let encoding = ByteSemaphore(16 << 20)
  let audit = Locked(AuditLimiter())
  let burst = BurstMonitor()
  /// The memory of results of commands with effects until they are delivered.
  private let undelivered: ByteSemaphore

  /// An upper bound of the memory of a task beside its message, in bytes.
  static let taskSize = 8 << 10
  /// The copies of a result while it is published: the value, the message, and the connection's buffer.
  static let encodedCopies = 3
  static let loggedIDLength = 128
  private static let loggedOperationLength = 64

  /// An interrupted run with its ticket.
  struct Interrupted {
    let run: InterruptedRun
    let ticket: CommandScheduler.Queue.Ticket
    let stops: AsyncStream<StopReason>
  }

  private struct State {
    var settings: Settings
    var gate: CommandGate
  }

  /// Creates a dispatcher.
  ///
  /// - Parameters:
  ///   - losses: Counts the lost results.
  ///   - outputLimit: The output to keep of one command, in bytes.
  ///   - obstacle: Returns the reason why no command with an effect may start now; nil = it may.
  ///   - resultBudget: The memory of undelivered results beyond which no further command starts, in bytes.
  ///   - retryInterval: The time between attempts to open the journal.
  ///   - clock: The evidence of the platform's clock.
  init(
    agent: AgentUUID, catalogue: Catalogue, settings: Settings, scheduler: CommandScheduler,
    journal: CommandJournal, delivery: ResultDelivery, progress: ProgressPublisher, losses: LossCounter,
    outputLimit: @escaping @Sendable () -> Int, obstacle: @escaping @Sendable () -> String? = { nil },
    resultBudget: Int = 16 << 20, retryInterval: Duration = .seconds(10), clock: PlatformClock, logger: Logger
  ) {
    self.agent = agent
    self.catalogue = catalogue
    self.scheduler = scheduler
    self.journal = journal
    runner = CommandRunner(journal: journal, progress: progress, outputLimit: outputLimit)
    self.delivery = delivery
    self.losses = losses
    self.clock = clock
    self.obstacle = obstacle
    undelivered = ByteSemaphore(resultBudget)
    self.retryInterval = retryInterval
    self.logger = logger
    state = Locked(
      State(
        settings: settings, gate: CommandGate(agent: agent, catalogue: catalogue, policy: settings.policy)))
    skew = Locked(SkewWarning())
  }

  /// The settings for the next command.
  var settings: Settings {
    get { state.withLock { $0.settings } }
    set {
      let gate = CommandGate(agent: agent, catalogue: catalogue, policy: newValue.policy)
      state.withLock { $0 = State(settings: newValue, gate: gate) }
    }
  }

  /// Rejects commands with effects as `busy` from now on. Accepted commands still run, and queries are still answered.
  func refuseEffects(because reason: String) {
    closing.withLock { $0 = reason }
  }

  /// Processes messages until the sequence ends and all accepted commands are answered. Interrupted runs and undelivered results
  /// of an earlier agent come first.
  func run(_ messages: some AsyncSequence<CommandMessage, Never>) async {
    await withTaskGroup(of: Void.self) { group in
      await openJournal()
      group.addTask { await self.deliverUndelivered() }
      group.addTask { await self.summariseAfterBursts() }
      group.addTask { for await _ in self.openings.stream { await self.publishUndelivered() } }
      await handle(messages)
      group.cancelAll()
    }
    await journal.close()
    logUndelivered()
  }

  private func handle(_ messages: some AsyncSequence<CommandMessage, Never>) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.answerRemoved() }
      group.addTask { await self.runStarted() }
      group.addTask { await self.runInterrupted() }
      await withDiscardingTaskGroup { commands in
        await withTaskGroup(of: Void.self) { opening in
          opening.addTask { await self.retryOpening() }
          for await message in messages { await receive(message, in: &commands) }
          opening.cancelAll()
        }
        interrupted.continuation.finish()
        scheduler.close()
      }
    }
  }

  // MARK: Receiving

  private func receive(_ message: CommandMessage, in group: inout DiscardingTaskGroup) async {
    let envelope: Envelope
    do {
      envelope = try Envelope(parsing: message.bytes)
    } catch {
      logger.log(
        level: isLogged(.refusal, "") ? .warning : .debug,
        "message dropped",
        metadata: [
          "reason": "\(error)", "bytes": .stringConvertible(message.bytes.count), LogRecord.expendableKey: "",
        ])
      return
    }
    let target = ReplyTarget(replyTo: envelope.replyTo, connectionID: message.connectionID)
    let time = ClockReading.current
    logSkew(envelope, at: time)
    if envelope.isTime { return receiveTime(envelope, at: time) }
    clock.received(envelope.timestamp, at: time)
    let gate = state.withLock { $0.gate }
    var isLogged: Bool?
    do throws(Refusal) {
      let request = try gate.read(envelope)
      let operation = request.payload.operation
      // Commands with effects are logged when they are queued, without a limit. All others are rate limited.
      if !hasEffect(operation) { isLogged = logArrival(envelope.id, operation, auditClass(of: operation)) }
      let key = request.id.isEmpty ? nil : JournalKey(request.id)
      if hasEffect(request.payload.operation) { await openJournal() }
      if let key, try await isAnswered(request, key, to: target, at: time, in: &group) { return }
      let command: AdmittedCommand
      do throws(Refusal) {
        command = try gate.admit(request, at: time, by: clock.evidence)
      } catch  where error.code == .expired && hasEffect(error.operation) && journal.isOpen {
        guard let key else { throw error }
        let isLogged = logArrival(envelope.id, operation, .refusal)
        return await refusePermanently(
          request, key, error, to: target, at: time, isLogged: isLogged, in: &group)
      }
      let incoming = IncomingCommand(
        admitted: command, replyTarget: target, key: command.executionMode == .immediate ? nil : key,
        size: message.bytes.count + Self.taskSize)
      guard command.executionMode != .immediate else {
        await inFlight.reserve(incoming.size)
        let (shared, isLogged) = (sharedKey(of: request.payload), isLogged ?? true)
        group.addTask { await self.runImmediately(incoming, as: shared, isLogged: isLogged) }
        return
      }
      try enqueue(incoming, request, at: time)
    } catch {
      let isLogged = isLogged ?? logArrival(envelope.id, error.operation, .refusal)
      await refuse(envelope.id, error, to: target, isLogged: isLogged, in: &group)
    }
  }

  /// Logs the arrival of a command.
  ///
  /// - Returns: Whether to log its result at `info` as well.
  private func logArrival(_ id: String, _ operation: String, _ kind: AuditLimiter.Class?) -> Bool {
    let isLogged = kind.map { self.isLogged($0, operation) } ?? true
    guard isLogged || logger.logLevel <= .debug else { return isLogged }
    var metadata: Logger.Metadata = [
      "command_id": "\(id.prefix(bytes: Self.loggedIDLength))",
      "operation": "\(operation.prefix(bytes: Self.loggedOperationLength))",
    ]
    if kind != nil { metadata[LogRecord.expendableKey] = "" }
    logger.log(level: isLogged ? .info : .debug, "command received", metadata: metadata)
    return isLogged
  }

  /// Handles a command that is already in the journal.
  ///
  /// This precedes the policy and the expiry: a command that ran is not rejected because it has expired since.
  ///
  /// - Returns: Whether the command needs no further processing.
  private func isAnswered(
    _ request: CommandRequest, _ key: JournalKey, to target: ReplyTarget, at time: ClockReading,
    in group: inout DiscardingTaskGroup
  ) async throws(Refusal) -> Bool {
    let operation = request.payload.operation
    let made = JournaledCommand.made(claimed: request.madeAt, localTime: localTime(at: time))
    let lookup = journal.lookUp(key, made: hasEffect(operation) ? made : nil, to: target) {
      CommandDigest.of(operation, request.payload.params)
    }
    switch lookup {
    case .unknown: return false
    case .pending:
      logger.log(
        level: logArrival(request.id, operation, .refusal) ? .info : .debug,
        "command received again, its result goes to the newest sender",
        metadata: ["command_id": "\(request.id)", LogRecord.expendableKey: ""])
      return true
    case .answered:
      let isLogged = logArrival(request.id, operation, .refusal)
      await inFlight.reserve(Self.taskSize)
      // The task must not capture the request: its parameters are not covered by the reservation.
      let id = request.id
      group.addTask {
        await self.replay(id, key, operation, to: target, isLogged: isLogged)
        self.inFlight.release(Self.taskSize)
      }
      return true
    case .different:
      throw Refusal(
        .invalidParams, "the id was used for another command", operation: operation)
    case .forgotten:
      throw Refusal(
        .expired, "the command is older than the oldest one in the journal: it may have run",
        operation: operation)
    }
  }

  private func hasEffect(_ operation: String) -> Bool {
    catalogue[operation].map { $0.executionMode != .immediate } ?? false
  }

  private func enqueue(
    _ incoming: IncomingCommand, _ request: CommandRequest, at time: ClockReading
  ) throws(Refusal) {
    let command = incoming.admitted
    if let reason = closing.withLock({ $0 }) { throw Refusal(.busy, reason, operation: command.operation) }
    guard journal.isOpen else {
      throw Refusal(.busy, "the journal is not open; see the agent's log", operation: command.operation)
    }
    let lane = CommandScheduler.Queue.Lane(
      command.executionMode, operation: command.operation, isParallel: command.isParallel)
    var admission = scheduler.admission(of: incoming, in: lane)
    if admission == .queued {
      // Logged before enqueuing, as the command may start at once.
      _ = logArrival(request.id, command.operation, nil)
      if incoming.key == nil {
        logger.warning(
          "command without an id, it may run twice", metadata: ["operation": "\(command.operation)"])
      }
      if let key = incoming.key { register(request, key, to: incoming.replyTarget, at: time) }
      admission = scheduler.enqueue(incoming, in: lane)
      if admission != .queued, let key = incoming.key { _ = journal.withdraw(key) }
    }
    switch admission {
    case .queued: return
    case .full: throw Refusal(.busy, "too many commands wait", operation: command.operation)
    case .busy:
      throw Refusal(.busy, "another \(command.operation) waits or runs", operation: command.operation)
    }
  }

  /// Registers a command in the journal.
  @discardableResult
  func register(
    _ request: CommandRequest, _ key: JournalKey, to target: ReplyTarget, at time: ClockReading
  ) -> JournaledCommand {
    let operation = request.payload.operation
    let command = JournaledCommand(
      key: key, id: request.id, operation: operation,
      digest: CommandDigest.of(operation, request.payload.params), claimed: request.madeAt,
      localTime: localTime(at: time))
    journal.register(command, to: target)
    return command
  }

  /// The latest time that this machine's own clock is known to have shown, in unix seconds. Received timestamps have no influence
  /// on it.
  private func localTime(at reading: ClockReading) -> Int64 {
    max(0, clock.evidence.localTime(at: reading), journal.newestReceived)
  }

  // MARK: Running

  /// Runs the commands that the scheduler starts. Their results are delivered concurrently, so that a slow delivery does not delay
  /// other commands until undelivered results exceed their budget.
  private func runStarted() async {
    await withDiscardingTaskGroup { group in
      for await start in scheduler.starts {
        group.addTask { await self.run(start) }
      }
    }
  }

  private func run(_ start: CommandScheduler.Start) async {
    let incoming = start.command
    let command = incoming.admitted
    // Ended commands are journalled at once. New ones start when the undelivered results leave room.
    await undelivered.waitUntilAvailable(Self.taskSize)
    if let reason = obstacle() { return await reject(start, because: reason) }
    if let key = incoming.key {
      do {
        try await journal.start(key)
      } catch {
        return await reject(start, because: error.description)
      }
    }
    let result = await runner.run(incoming, timeout: settings.timeout, start.stops)
    await finish(
      result, start.ticket, key: incoming.key, operation: command.operation, to: incoming.replyTarget)
  }

  /// Publishes the results of commands that were removed from the queue.
  private func answerRemoved() async {
    await withDiscardingTaskGroup { group in
      for await removed in scheduler.removedCommands {
        group.addTask {
          let command = removed.command.admitted
          await self.finish(
            CommandRunner.result(ofRemoved: command.id, removed.reason), nil, key: removed.command.key,
            operation: command.operation, to: removed.command.replyTarget)
        }
      }
    }
  }

  /// Journals and delivers the result of a command.
  ///
  /// - Parameters:
  ///   - result: The result; nil when the work continues without this agent.
  ///   - ticket: The ticket of a running command; nil when it did not run.
  func finish(
    _ result: ResultPayload?, _ ticket: CommandScheduler.Queue.Ticket?, key: JournalKey?, operation: String,
    to target: ReplyTarget
  ) async {
    guard let result else {
      if let ticket { scheduler.detach(ticket) }
      return
    }
    let size = (result.output?.footprint ?? 0) + Self.taskSize
    if let key {
      let fitted = delivery.fitted(result, limit: journal.resultLimit)
      let messageID = MessageID.random()
      // Before the next command starts, so that its start is never on disk without this result.
      let recorded = journal.finish(key, fitted, messageID: messageID)
      if let ticket { scheduler.finish(ticket) }
      let newest = await recorded.value
      logResult(fitted, operation: operation)
      await undelivered.reserve(size)
      await deliver(fitted, messageID: messageID, of: key, to: newest ?? target)
    } else {
      if let ticket { scheduler.finish(ticket) }
      await undelivered.reserve(size)
      await answer(result, operation: operation, to: target)
    }
    catalogue[operation]?.wasDelivered()
    undelivered.release(size)
    burst.record(bytes: size)
  }

  // MARK: Answering

  /// Logs and delivers a result that is not journalled.
  func answer(
    _ result: ResultPayload, operation: String, to target: ReplyTarget, isLogged: Bool = true
  ) async {
    logResult(result, operation: operation, isLogged: isLogged)
    _ = await delivery.deliver(result, to: target)
  }

  /// Delivers a journalled result, and records the outcome in the journal.
  func deliver(
    _ result: ResultPayload, messageID: String, of key: JournalKey, to target: ReplyTarget
  ) async {
    if await delivery.deliver(result, messageID: messageID, to: target, isKept: true) {
      journal.markDelivered(key)
    } else {
      journal.requeue(key)
    }
  }

  func logResult(_ result: ResultPayload, operation: String, isLogged: Bool = true) {
    guard isLogged || logger.logLevel <= .debug else { return }
    var metadata: Logger.Metadata = [
      "command_id": "\(result.commandID)", "status": "\(result.status.rawValue)",
      "operation": "\(operation.prefix(bytes: Self.loggedOperationLength))",
    ]
    metadata["code"] = result.code.map { "\($0.rawValue)" }
    metadata["reason"] = result.message.isEmpty ? nil : "\(result.message.prefix(bytes: 256))"
    metadata["elapsed_ms"] = .stringConvertible(result.durationMilliseconds ?? 0)
    if result.isReplayed { metadata["replayed"] = .stringConvertible(true) }
    let isEffect = hasEffect(operation) && result.status != .rejected && !result.isReplayed
    if !isEffect { metadata[LogRecord.expendableKey] = "" }
    logger.log(level: isLogged ? .info : .debug, "result", metadata: metadata)
  }

  private func receiveTime(_ envelope: Envelope, at reading: ClockReading) {
    guard envelope.agentUUID.isEmpty || agent.matches(envelope.agentUUID) else { return }
    let answered = TimePayload(parsing: envelope.payload)?.inReplyTo
    let isMeasured = clock.received(envelope.timestamp, answering: answered, at: reading)
    if isMeasured { journal.limitDamage(by: clock.evidence) }
    logger.debug(
      "time of the platform received",
      metadata: [
        "timestamp": .stringConvertible(envelope.timestamp ?? 0), "counts": .stringConvertible(isMeasured),
      ])
  }

  private func logSkew(_ envelope: Envelope, at time: ClockReading) {
    guard let sent = envelope.timestamp,
      let seconds = skew.withLock({ $0.skew(sent: sent, received: time.now) })
    else { return }
    logger.warning(
      "the clock differs from the platform's, or the command was delayed",
      metadata: [
        "skew_s": .stringConvertible(seconds), "synchronised": .stringConvertible(time.isSynchronised),
      ])
  }
}
