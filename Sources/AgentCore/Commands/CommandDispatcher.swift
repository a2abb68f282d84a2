import AgentProtocol
import JSON
import Locks
import Logging

/// The way of a command: message → envelope → journal → gate → operation → journal → delivery.
///
/// Queries run at once; commands with effects wait their turn in the ``CommandScheduler``, and have their effect once, however
/// often they come. Every command that passed the envelope gets exactly one result.
final class CommandDispatcher: Sendable {
  /// What can change while commands come in.
  struct Settings: Sendable {
    /// What is allowed.
    var policy: CommandPolicy
    /// How long a command may take that says nothing about it.
    var timeout: Duration

    /// Settings.
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
  /// Why no more commands with effects are accepted; nil = they are.
  private let closing = Locked<String?>(nil)
  let journalProblems = Locked(LogRateLimiter())
  let retryInterval: Duration
  /// One task opens the journal at a time.
  let opening = ByteSemaphore(1)
  /// The runs that were interrupted, each with its place among the commands that run.
  let interrupted = AsyncStream<Interrupted>.makeStream()
  /// The journal has been opened.
  let openings = AsyncStream<Void>.makeStream()
  /// What queries and refusals hold until they are answered.
  let inFlight = ByteSemaphore(16 << 20)
  /// Queries whose answers are large.
  let queries = SharedQueries(limit: 64 << 20)
  /// What large answers hold while they are encoded and sent.
  let encoding = ByteSemaphore(16 << 20)
  let audit = Locked(AuditLimiter())
  let burst = BurstMonitor()
  /// What the results of commands with effects hold until they are delivered.
  private let undelivered: ByteSemaphore

  /// What a task takes beside its message, generously.
  static let taskSize = 8 << 10
  /// An answer that is sent exists as a tree, as a message, and in the connection's buffer.
  static let encodedCopies = 3
  static let loggedIDLength = 128
  private static let loggedOperationLength = 64

  /// A run that was interrupted, in its place among the commands that run.
  struct Interrupted {
    let run: InterruptedRun
    let ticket: CommandScheduler.Queue.Ticket
    let stops: AsyncStream<StopReason>
  }

  private struct State {
    var settings: Settings
    var gate: CommandGate
  }

  /// A dispatcher.
  ///
  /// - Parameters:
  ///   - losses: Counts the results that are gone for good.
  ///   - outputLimit: The most bytes of output that are worth keeping of one command.
  ///   - obstacle: Why no command with an effect may start now; nil = it may.
  ///   - resultBudget: How many bytes the results that wait for their delivery may take before nothing else starts.
  ///   - retryInterval: How long after a failed attempt the journal is opened again.
  ///   - clock: What is known of the platform's clock.
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

  /// The settings that hold for the next command.
  var settings: Settings {
    get { state.withLock { $0.settings } }
    set {
      let gate = CommandGate(agent: agent, catalogue: catalogue, policy: newValue.policy)
      state.withLock { $0 = State(settings: newValue, gate: gate) }
    }
  }

  /// Has commands with effects refused as `busy` from now on, for this reason. Those that were accepted run, queries are answered.
  func refuseEffects(because reason: String) {
    closing.withLock { $0 = reason }
  }

  /// Handles messages until there are no more, then until all that was accepted is answered. What an earlier agent could not
  /// finish or deliver comes first.
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
          opening.addTask { await self.keepOpening() }
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
      // Effects are logged when they are accepted, each of them; what is refused or repeated is bounded.
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
        admitted: command, replyTarget: target, key: command.pace == .immediate ? nil : key,
        size: message.bytes.count + Self.taskSize)
      guard command.pace != .immediate else {
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

  /// - Returns: Whether the result is logged at `info`, too.
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

  /// Whether a command needs nothing more, as it came before. That is asked before anything else: one that ran is not refused
  /// because it has expired since.
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
        "command received again, its one answer goes to the newest sender",
        metadata: ["command_id": "\(request.id)", LogRecord.expendableKey: ""])
      return true
    case .answered:
      let isLogged = logArrival(request.id, operation, .refusal)
      await inFlight.reserve(Self.taskSize)
      // Of the request only this is kept: its parameters are not in what was reserved.
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
        .expired, "the command is older than what the journal remembers: it may have run",
        operation: operation)
    }
  }

  private func hasEffect(_ operation: String) -> Bool {
    catalogue[operation].map { $0.pace != .immediate } ?? false
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
      command.pace, operation: command.operation, isParallel: command.isParallel)
    var admission = scheduler.admission(of: incoming, in: lane)
    if admission == .queued {
      // It may start as soon as it is enqueued, and its arrival stands before that in the log.
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

  /// Has the journal know a command from now on.
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

  /// The latest time that this machine's own clock has shown, as far as is known. Nothing that a peer says is in it.
  private func localTime(at reading: ClockReading) -> Int64 {
    max(0, clock.evidence.localTime(at: reading), journal.newestReceived)
  }

  // MARK: Running

  /// Runs what may start. Results are delivered beside it: a slow way back holds nobody up, until the results that wait take
  /// too much memory.
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
    // What has ended is brought to disk at once; what has not started waits until the results that wait leave room.
    await undelivered.reserve(Self.taskSize)
    undelivered.release(Self.taskSize)
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

  /// Answers the commands that were taken out of the queue before they ran.
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

  /// Brings a result to the journal, then to the platform.
  ///
  /// - Parameters:
  ///   - result: nil = the work goes on without this agent.
  ///   - ticket: What the command runs by; nil = it does not.
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
      // Before the next command starts, so that no crash leaves its start on disk without this.
      let noted = journal.finish(key, fitted, messageID: messageID)
      if let ticket { scheduler.finish(ticket) }
      let newest = await noted.value
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

  /// Brings a result to the platform that the journal does not have.
  func answer(
    _ result: ResultPayload, operation: String, to target: ReplyTarget, isLogged: Bool = true
  ) async {
    logResult(result, operation: operation, isLogged: isLogged)
    _ = await delivery.deliver(result, to: target)
  }

  /// Brings a result to the platform, and notes in the journal whether it got there.
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
    let isOfEffect = hasEffect(operation) && result.status != .rejected && !result.isReplayed
    if !isOfEffect { metadata[LogRecord.expendableKey] = "" }
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
      "the clock differs from the platform's, or the command was on its way for long",
      metadata: [
        "skew_s": .stringConvertible(seconds), "synchronised": .stringConvertible(time.isSynchronised),
      ])
  }
}

extension String {
  /// The beginning of the text, at most so many bytes long: a single character can have any number of them.
  func prefix(bytes: Int) -> String {
    utf8.count <= bytes ? self : String(decoding: utf8.prefix(bytes), as: UTF8.self)
  }
}
