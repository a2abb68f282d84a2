import AgentProtocol
import JSON
import Locks
import Logging

/// The way of a command: message → envelope → journal → gate → operation → journal → delivery.
///
/// Queries run at once; commands with effects wait their turn in the ``CommandLedger``, and have their effect once, however
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
  let ledger: CommandLedger
  let journal: CommandJournal
  let runner: CommandRunner
  let delivery: ResultDelivery
  let losses: LossCounter
  private let obstacle: @Sendable () -> String?
  let logger: Logger
  private let state: Locked<State>
  private let skew: Locked<SkewWarning>
  let journalProblems = Locked(RepeatedWarning())
  let retryInterval: Duration
  /// One task opens the journal at a time.
  let opening = ByteBudget(1)
  /// The runs that were interrupted, each with its place among the commands that run.
  let interrupted = AsyncStream<Interrupted>.makeStream()
  /// The journal has been opened.
  let openings = AsyncStream<Void>.makeStream()
  /// What queries and refusals hold until they are answered.
  let inFlight = ByteBudget(16 << 20)
  /// What the results of commands with effects hold until they are delivered.
  private let undelivered: ByteBudget

  /// What a task takes beside its message, generously.
  static let taskSize = 8 << 10
  static let loggedIDLength = 128
  private static let loggedOperationLength = 64

  /// A run that was interrupted, in its place among the commands that run.
  struct Interrupted {
    let run: InterruptedRun
    let ticket: CommandLedger.Queue.Ticket
    let stops: AsyncStream<CommandLedger.StopReason>
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
  init(
    agent: AgentUUID, catalogue: Catalogue, settings: Settings, ledger: CommandLedger,
    journal: CommandJournal, delivery: ResultDelivery, progress: ProgressPublisher, losses: LossCounter,
    outputLimit: @escaping @Sendable () -> Int, obstacle: @escaping @Sendable () -> String? = { nil },
    resultBudget: Int = 16 << 20, retryInterval: Duration = .seconds(10), logger: Logger
  ) {
    self.agent = agent
    self.catalogue = catalogue
    self.ledger = ledger
    self.journal = journal
    runner = CommandRunner(journal: journal, progress: progress, outputLimit: outputLimit)
    self.delivery = delivery
    self.losses = losses
    self.obstacle = obstacle
    undelivered = ByteBudget(resultBudget)
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

  /// Handles messages until there are no more, then until all that was accepted is answered. What an earlier agent could not
  /// finish or deliver comes first.
  func run(_ messages: some AsyncSequence<CommandMessage, Never>) async {
    await withTaskGroup(of: Void.self) { group in
      await openJournal()
      group.addTask { await self.deliverLeftOver() }
      group.addTask { for await _ in self.openings.stream { await self.sendLeftOver() } }
      await handle(messages)
      group.cancelAll()
    }
    await journal.close()
    tellOfUndelivered()
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
        ledger.close()
      }
    }
  }

  // MARK: Receiving

  private func receive(_ message: CommandMessage, in group: inout DiscardingTaskGroup) async {
    let envelope: Envelope
    do {
      envelope = try Envelope(parsing: message.bytes)
    } catch {
      logger.warning(
        "message dropped", metadata: ["reason": "\(error)", "bytes": .stringConvertible(message.bytes.count)])
      return
    }
    let path = ReturnPath(replyTo: envelope.replyTo, connection: message.connection)
    let time = GateTime.current
    warnOfSkew(envelope, at: time)
    let gate = state.withLock { $0.gate }
    do throws(Refusal) {
      let request = try gate.read(envelope)
      tellOfArrival(envelope.id, request.payload.operation)
      let key = request.id.isEmpty ? nil : JournalKey(request.id)
      if hasEffect(request.payload.operation) { await openJournal() }
      if let key, try await isAnswered(request, key, by: path, at: time, in: &group) { return }
      let command: AdmittedCommand
      do throws(Refusal) {
        command = try gate.admit(request, at: time)
      } catch  where error.code == .expired && hasEffect(error.operation) && journal.isOpen {
        guard let key else { throw error }
        return await refuseForGood(request, key, error, by: path, at: time, in: &group)
      }
      let incoming = IncomingCommand(
        admitted: command, returnPath: path, key: command.pace == .immediate ? nil : key,
        size: message.bytes.count + Self.taskSize)
      guard command.pace != .immediate else {
        await inFlight.reserve(incoming.size)
        group.addTask { await self.runAtOnce(incoming) }
        return
      }
      try enqueue(incoming, request, at: time)
    } catch {
      if error.operation.isEmpty { tellOfArrival(envelope.id, "") }
      await refuse(envelope.id, error, by: path, in: &group)
    }
  }

  private func tellOfArrival(_ id: String, _ operation: String) {
    logger.info(
      "command received",
      metadata: [
        "command_id": "\(id.prefix(bytes: Self.loggedIDLength))",
        "operation": "\(operation.prefix(bytes: Self.loggedOperationLength))",
      ])
  }

  /// Whether a command needs nothing more, as it came before. That is asked before anything else: one that ran is not refused
  /// because it has expired since.
  private func isAnswered(
    _ request: CommandRequest, _ key: JournalKey, by path: ReturnPath, at time: GateTime,
    in group: inout DiscardingTaskGroup
  ) async throws(Refusal) -> Bool {
    let operation = request.payload.operation
    let made = JournaledCommand.made(sentAt: request.sentAt, at: time, newest: journal.newest)
    let recollection = journal.recall(key, made: hasEffect(operation) ? made : nil, by: path) {
      CommandDigest.of(operation, request.payload.params)
    }
    switch recollection {
    case .unknown: return false
    case .pending:
      logger.info(
        "command came again, its one answer goes the newest way", metadata: ["command_id": "\(request.id)"])
      return true
    case .answered:
      await inFlight.reserve(Self.taskSize)
      // Of the request only this is kept: its parameters are not in what was reserved.
      let id = request.id
      group.addTask {
        await self.replay(id, key, operation, by: path)
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
    _ incoming: IncomingCommand, _ request: CommandRequest, at time: GateTime
  ) throws(Refusal) {
    let command = incoming.admitted
    guard journal.isOpen else {
      throw Refusal(.busy, "the journal is not open; see the agent's log", operation: command.operation)
    }
    if let key = incoming.key {
      enter(request, key, by: incoming.returnPath, at: time)
    } else {
      logger.warning(
        "command without an id, it may run twice", metadata: ["operation": "\(command.operation)"])
    }
    let lane = CommandLedger.Queue.Lane(
      command.pace, operation: command.operation, isParallel: command.isParallel)
    let message: String
    switch ledger.enqueue(incoming, in: lane) {
    case .queued: return
    case .full: message = "too many commands wait"
    case .busy: message = "another \(command.operation) waits or runs"
    }
    if let key = incoming.key { _ = journal.withdraw(key) }
    throw Refusal(.busy, message, operation: command.operation)
  }

  /// Has the journal know a command from now on.
  @discardableResult
  func enter(
    _ request: CommandRequest, _ key: JournalKey, by path: ReturnPath, at time: GateTime
  ) -> JournaledCommand {
    let operation = request.payload.operation
    let command = JournaledCommand(
      key: key, id: request.id, operation: operation,
      digest: CommandDigest.of(operation, request.payload.params), sentAt: request.sentAt, at: time,
      newest: journal.newest)
    journal.enter(command, by: path)
    return command
  }

  // MARK: Running

  private func runAtOnce(_ incoming: IncomingCommand) async {
    let result = await runner.query(incoming.admitted)
    await answer(result, operation: incoming.admitted.operation, by: incoming.returnPath)
    inFlight.release(incoming.size)
  }

  /// Runs what may start. Results are delivered beside it: a slow way back holds nobody up, until the results that wait take
  /// too much memory.
  private func runStarted() async {
    await withDiscardingTaskGroup { group in
      for await start in ledger.starts {
        group.addTask { await self.run(start) }
      }
    }
  }

  private func run(_ start: CommandLedger.Start) async {
    let incoming = start.command
    let command = incoming.admitted
    // What has ended is brought to disk at once; what has not started waits until the results that wait leave room.
    await undelivered.reserve(Self.taskSize)
    undelivered.release(Self.taskSize)
    if let reason = obstacle() { return await turnAway(start, because: reason) }
    if let key = incoming.key {
      do {
        try await journal.start(key)
      } catch {
        return await turnAway(start, because: error.description)
      }
    }
    let result = await runner.run(incoming, timeout: settings.timeout, start.stops)
    await settle(
      result, start.ticket, key: incoming.key, operation: command.operation, by: incoming.returnPath)
  }

  /// Answers the commands that were taken out of the queue before they ran.
  private func answerRemoved() async {
    await withDiscardingTaskGroup { group in
      for await removed in ledger.removedCommands {
        group.addTask {
          let command = removed.command.admitted
          await self.settle(
            CommandRunner.result(ofRemoved: command.id, removed.reason), nil, key: removed.command.key,
            operation: command.operation, by: removed.command.returnPath)
        }
      }
    }
  }

  /// Brings a result to the journal, then to the platform.
  ///
  /// - Parameters:
  ///   - result: nil = the work goes on without this agent.
  ///   - ticket: What the command runs by; nil = it does not.
  func settle(
    _ result: ResultPayload?, _ ticket: CommandLedger.Queue.Ticket?, key: JournalKey?, operation: String,
    by path: ReturnPath
  ) async {
    guard let result else {
      if let ticket { ledger.leave(ticket) }
      return
    }
    let size = (result.output?.footprint ?? 0) + Self.taskSize
    if let key {
      let fitted = delivery.fitted(result, limit: journal.resultLimit)
      let messageID = MessageID.random()
      // Before the next command starts, so that no crash leaves its start on disk without this.
      let noted = journal.finish(key, fitted, messageID: messageID)
      if let ticket { ledger.finish(ticket) }
      let newest = await noted.value
      tell(of: fitted, operation: operation)
      await undelivered.reserve(size)
      await deliver(fitted, messageID: messageID, of: key, by: newest ?? path)
    } else {
      if let ticket { ledger.finish(ticket) }
      await undelivered.reserve(size)
      await answer(result, operation: operation, by: path)
    }
    catalogue[operation]?.wasDelivered()
    undelivered.release(size)
  }

  // MARK: Answering

  /// Brings a result to the platform that the journal does not have.
  func answer(_ result: ResultPayload, operation: String, by path: ReturnPath) async {
    tell(of: result, operation: operation)
    _ = await delivery.deliver(result, by: path)
  }

  /// Brings a result to the platform, and notes in the journal whether it got there.
  func deliver(
    _ result: ResultPayload, messageID: String, of key: JournalKey, by path: ReturnPath
  ) async {
    if await delivery.deliver(result, messageID: messageID, by: path, isKept: true) {
      journal.delivered(key)
    } else {
      journal.putBack(key)
    }
  }

  func tell(of result: ResultPayload, operation: String) {
    var metadata: Logger.Metadata = [
      "command_id": "\(result.commandID)", "status": "\(result.status.rawValue)",
      "operation": "\(operation.prefix(bytes: Self.loggedOperationLength))",
    ]
    metadata["code"] = result.code.map { "\($0.rawValue)" }
    metadata["reason"] = result.message.isEmpty ? nil : "\(result.message.prefix(bytes: 256))"
    metadata["elapsed_ms"] = .stringConvertible(result.durationMilliseconds ?? 0)
    if result.isReplayed { metadata["replayed"] = .stringConvertible(true) }
    logger.info("result", metadata: metadata)
  }

  private func warnOfSkew(_ envelope: Envelope, at time: GateTime) {
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
