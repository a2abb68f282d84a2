import AgentProtocol
import JSON
import Locks
import Logging

/// The way of a command: message → envelope → gate → operation → result → delivery.
///
/// Queries run at once; commands with effects wait their turn in the ``CommandLedger``. Every command that passed the
/// envelope gets exactly one result.
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
  private let catalogue: Catalogue
  private let ledger: CommandLedger
  private let delivery: ResultDelivery
  private let outputLimit: @Sendable () -> Int
  private let logger: Logger
  private let state: Locked<State>
  private let skew: Locked<SkewWarning>
  private let arrivals = Locked(DoubleDelivery())
  /// What queries and refusals hold until they are answered.
  private let inFlight = ByteBudget(16 << 20)
  /// What the results of commands with effects hold until they are delivered.
  private let undelivered = ByteBudget(16 << 20)

  /// What a task takes beside its message, generously.
  private static let taskSize = 8 << 10
  private static let loggedIDLength = 128
  private static let loggedOperationLength = 64

  private struct State {
    var settings: Settings
    var gate: CommandGate
  }

  /// A dispatcher.
  ///
  /// - Parameter outputLimit: The most bytes of output that are worth keeping of one command.
  init(
    agent: AgentUUID, catalogue: Catalogue, settings: Settings, ledger: CommandLedger,
    delivery: ResultDelivery,
    outputLimit: @escaping @Sendable () -> Int, logger: Logger
  ) {
    self.agent = agent
    self.catalogue = catalogue
    self.ledger = ledger
    self.delivery = delivery
    self.outputLimit = outputLimit
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

  /// Handles messages until there are no more, then until all that was accepted is answered.
  func run(_ messages: some AsyncSequence<CommandMessage, Never>) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.answerRemoved() }
      await withDiscardingTaskGroup { commands in
        for await message in messages { await receive(message, in: &commands) }
      }
      ledger.close()
      await group.waitForAll()
    }
  }

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
    let verdict = judge(envelope, at: time)
    logger.info(
      "command received",
      metadata: [
        "command_id": "\(envelope.id.prefix(bytes: Self.loggedIDLength))",
        "operation": "\(verdict.operation.prefix(bytes: Self.loggedOperationLength))",
      ])
    switch verdict {
    case .refused(let refusal):
      await refuse(envelope.id, refusal, by: path, in: &group)
    case .admitted(let command):
      let incoming = IncomingCommand(
        admitted: command, returnPath: path, size: message.bytes.count + Self.taskSize)
      switch command.pace {
      case .immediate:
        await inFlight.reserve(incoming.size)
        group.addTask { await self.runAtOnce(incoming) }
      case .ordered: await enqueue(incoming, in: &group)
      }
    }
  }

  private enum Verdict {
    case admitted(AdmittedCommand)
    case refused(Refusal)

    var operation: String {
      switch self {
      case .admitted(let command): command.operation
      case .refused(let refusal): refusal.operation
      }
    }
  }

  private func judge(_ envelope: Envelope, at time: GateTime) -> Verdict {
    do {
      return .admitted(try state.withLock({ $0.gate }).admit(envelope, at: time))
    } catch {
      return .refused(error)
    }
  }

  private func enqueue(_ incoming: IncomingCommand, in group: inout DiscardingTaskGroup) async {
    let command = incoming.admitted
    if command.id.isEmpty {
      logger.warning("command without an id", metadata: ["operation": "\(command.operation)"])
    }
    let connection = incoming.returnPath.connection
    guard !arrivals.withLock({ $0.isRepeated(command.id, on: connection) }) else {
      logger.warning("command came over two connections, run once", metadata: ["command_id": "\(command.id)"])
      return
    }
    let lane: CommandLedger.Queue.Lane = command.isParallel ? .parallel : .ordered
    switch ledger.enqueue(incoming, in: lane) {
    case .startWorker: group.addTask { await self.work(lane) }
    case .queued: break
    case .full:
      var refusal = Refusal(.busy, "too many commands wait")
      refusal.operation = command.operation
      await refuse(command.id, refusal, by: incoming.returnPath, in: &group)
    }
  }

  private func refuse(
    _ commandID: String, _ refusal: Refusal, by path: ReturnPath, in group: inout DiscardingTaskGroup
  ) async {
    let result = ResultPayload(
      commandID: commandID.prefix(bytes: Self.loggedIDLength), status: .rejected, code: refusal.code,
      message: refusal.message)
    await inFlight.reserve(Self.taskSize)
    group.addTask {
      await self.answer(result, operation: refusal.operation, by: path)
      self.inFlight.release(Self.taskSize)
    }
  }

  // MARK: Running

  private func runAtOnce(_ incoming: IncomingCommand) async {
    let started = ContinuousClock.now
    let outcome = await incoming.admitted.run(context(for: incoming.admitted))
    await answer(
      Self.result(of: incoming.admitted, outcome, stop: nil, took: .now - started),
      operation: incoming.admitted.operation, by: incoming.returnPath)
    inFlight.release(incoming.size)
  }

  /// Runs what waits in a lane until nothing does. Results are delivered beside it: a slow way back holds nobody up, until
  /// the results that wait take too much memory.
  private func work(_ lane: CommandLedger.Queue.Lane) async {
    await withDiscardingTaskGroup { deliveries in
      while let (ticket, incoming, stops) = ledger.startNext(in: lane) {
        let result = await runUntilStopped(incoming.admitted, stops)
        ledger.finish(ticket)
        let size = (result.output?.footprint ?? 0) + Self.taskSize
        await undelivered.reserve(size)
        deliveries.addTask {
          await self.answer(result, operation: incoming.admitted.operation, by: incoming.returnPath)
          self.undelivered.release(size)
        }
      }
    }
  }

  private enum Event {
    case ended(OperationOutcome)
    case stop(CommandLedger.StopReason)
    case undisturbed
  }

  private func runUntilStopped(
    _ command: AdmittedCommand, _ stops: AsyncStream<CommandLedger.StopReason>
  ) async -> ResultPayload {
    let started = ContinuousClock.now
    let context = context(for: command)
    let deadline = started + command.deadline(default: settings.timeout)
    return await withTaskGroup(of: Event.self) { group in
      group.addTask { .ended(await command.run(context)) }
      group.addTask {
        for await reason in stops { return .stop(reason) }
        return .undisturbed
      }
      group.addTask {
        do {
          try await Task.sleep(until: deadline, clock: .continuous)
          return .stop(.timedOut)
        } catch {
          return .undisturbed
        }
      }
      var stop: CommandLedger.StopReason?
      var outcome = OperationOutcome.failed(.failed, "the operation gave no result")
      for await event in group {
        switch event {
        case .ended(let ended): outcome = ended
        case .stop(let reason): stop = stop ?? reason
        case .undisturbed: continue
        }
        group.cancelAll()
      }
      return Self.result(of: command, outcome, stop: stop, took: .now - started)
    }
  }

  /// Answers the commands that were taken out of the queue before they ran.
  private func answerRemoved() async {
    await withDiscardingTaskGroup { group in
      for await removed in ledger.removedCommands {
        let command = removed.command.admitted
        let outcome = OperationOutcome.failed(.failed, "it had not started")
        let result = Self.result(of: command, outcome, stop: removed.reason, took: nil)
        group.addTask {
          await self.answer(result, operation: command.operation, by: removed.command.returnPath)
        }
      }
    }
  }

  private func context(for command: AdmittedCommand) -> CommandContext {
    CommandContext(commandID: command.id, outputLimit: outputLimit())
  }

  // MARK: Answering

  private static func result(
    of command: AdmittedCommand, _ outcome: OperationOutcome, stop: CommandLedger.StopReason?, took: Duration?
  ) -> ResultPayload {
    var result = ResultPayload(commandID: command.id, status: .completed)
    result.durationMilliseconds = took?.wholeMilliseconds
    switch outcome {
    case .completed(let output, let isTruncated):
      result.output = output
      result.isTruncated = isTruncated
    case .failed(let code, let message, let output, let isTruncated):
      result.status = .failed
      result.code = stop?.code ?? code
      result.message = stop.map { "\($0.message): \(message)" } ?? message
      result.output = output
      result.isTruncated = isTruncated
    }
    return result
  }

  private func answer(_ result: ResultPayload, operation: String, by path: ReturnPath) async {
    var metadata: Logger.Metadata = [
      "command_id": "\(result.commandID)", "status": "\(result.status.rawValue)",
      "operation": "\(operation.prefix(bytes: Self.loggedOperationLength))",
    ]
    metadata["code"] = result.code.map { "\($0.rawValue)" }
    metadata["reason"] = result.message.isEmpty ? nil : "\(result.message.prefix(bytes: 256))"
    metadata["elapsed_ms"] = .stringConvertible(result.durationMilliseconds ?? 0)
    logger.info("result", metadata: metadata)
    await delivery.deliver(result, by: path)
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

extension CommandLedger.StopReason {
  fileprivate var code: ResultPayload.Code {
    switch self {
    case .timedOut: .timedOut
    case .cancelled: .cancelled
    case .interrupted: .interrupted
    }
  }

  fileprivate var message: String {
    switch self {
    case .timedOut: "the time-out passed"
    case .cancelled: "cancelled"
    case .interrupted: "the agent was stopped"
    }
  }
}
