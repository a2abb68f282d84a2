import AgentProtocol
import Clocks
import HostControl
import Locks
import Threads

/// Executes commands until they end or are stopped, and returns their results.
struct CommandRunner: Sendable {
  private let journal: CommandJournal
  private let progress: ProgressPublisher
  private let outputLimit: @Sendable () -> Int

  /// Creates a runner.
  ///
  /// - Parameter outputLimit: The output to keep of one command, in bytes.
  init(journal: CommandJournal, progress: ProgressPublisher, outputLimit: @escaping @Sendable () -> Int) {
    self.journal = journal
    self.progress = progress
    self.outputLimit = outputLimit
  }

  /// Executes a query. Queries have no timeout.
  func query(_ command: AdmittedCommand) async -> ResultPayload {
    let started = ContinuousClock.now
    let outcome = await run(command, CommandContext(commandID: command.id, outputLimit: outputLimit()))
    return Self.result(of: command.id, outcome, stop: nil, took: .now - started)
  }

  /// Executes a query whose outcome several commands may share.
  func outcome(of command: AdmittedCommand) async -> OperationOutcome {
    await command.run(CommandContext(commandID: command.id, outputLimit: outputLimit()))
  }

  /// Executes a command with an effect until it ends or is stopped.
  ///
  /// - Returns: Its result; nil when the agent stops and the work continues without it.
  func run(
    _ incoming: IncomingCommand, timeout: Duration, _ stops: AsyncStream<StopReason>
  ) async -> ResultPayload? {
    let command = incoming.admitted
    let deadline = ContinuousClock.now + command.deadline(default: timeout)
    return await untilStopped(command.id, incoming.key, deadline, stops) { await self.run(command, $0) }
  }

  /// Resumes a run that was interrupted.
  ///
  /// - Returns: Its result; nil when the agent stops and the work continues without it.
  func resume(
    _ run: InterruptedRun, of operation: (any Operation)?, _ stops: AsyncStream<StopReason>
  ) async -> ResultPayload? {
    await untilStopped(run.commandID, JournalKey(run.commandID), nil, stops) { context in
      await operation?.resume(run, in: context)
        ?? .failed(.interrupted, "the agent or the machine was stopped while it ran")
    }
  }

  private func run(_ command: AdmittedCommand, _ context: CommandContext) async -> OperationOutcome {
    await progress.reporting(command) { await command.run(context.reporting(to: $0)) }
  }

  private enum Event {
    case ended(OperationOutcome)
    case stop(StopReason)
    case notStopped
  }

  private func untilStopped(
    _ commandID: String, _ key: JournalKey?, _ deadline: ContinuousClock.Instant?,
    _ stops: AsyncStream<StopReason>,
    _ work: @escaping @Sendable (CommandContext) async -> OperationOutcome
  ) async -> ResultPayload? {
    let started = ContinuousClock.now
    let stopReason = Locked<StopReason?>(nil)
    let context = CommandContext(
      commandID: commandID, outputLimit: outputLimit(),
      didStart: { identity in if let key { journal.recordProcess(identity, of: key) } },
      stopReason: { stopReason.withLock { $0 } })
    return await withTaskGroup(of: Event.self) { group in
      group.addTask { .ended(await work(context)) }
      group.addTask {
        for await reason in stops { return .stop(reason) }
        return .notStopped
      }
      if let deadline {
        group.addTask {
          await Deadlines.shared.wait(until: deadline) ? .stop(.timedOut) : .notStopped
        }
      }
      var outcome = OperationOutcome.failed(.failed, "the operation gave no result")
      for await event in group {
        switch event {
        case .ended(let ended): outcome = ended
        case .stop(let reason): stopReason.withLock { $0 = $0 ?? reason }
        case .notStopped: continue
        }
        group.cancelAll()
      }
      let stop = stopReason.withLock { $0 }
      if outcome == .detached, stop == .interrupted, key != nil, journal.isDurable { return nil }
      return Self.result(of: commandID, outcome, stop: stop, took: .now - started)
    }
  }

  /// The result of a command that was removed from the queue before it ran.
  static func result(ofRemoved commandID: String, _ reason: StopReason) -> ResultPayload {
    result(of: commandID, .failed(.failed, "it had not started"), stop: reason, took: nil)
  }

  /// The result of a command, from the outcome of its operation and the reason of a stop.
  static func result(
    of commandID: String, _ outcome: OperationOutcome, stop: StopReason?, took: Duration?
  ) -> ResultPayload {
    var result = ResultPayload(commandID: commandID, status: .completed)
    result.durationMilliseconds = took?.wholeMilliseconds
    switch outcome {
    case .completed(let output, let message, let isTruncated):
      result.output = output
      result.message = message
      result.isTruncated = isTruncated
    case .failed(let code, let message, let output, let isTruncated):
      result.status = .failed
      result.code = stop?.code ?? code
      result.message = stop.map { "\($0.message): \(message)" } ?? message
      result.output = output
      result.isTruncated = isTruncated
    case .refused(let refusal):
      result.status = .rejected
      result.code = refusal.code
      result.message = refusal.message
    case .detached:
      result.status = .failed
      result.code = stop?.code ?? .interrupted
      result.message = "\(stop?.message ?? "the agent was stopped"): the work continues without it"
    }
    return result
  }
}

extension CommandContext {
  fileprivate func reporting(to progress: (any ProgressSink)?) -> CommandContext {
    CommandContext(
      commandID: commandID, outputLimit: outputLimit, progress: progress, didStart: didStart,
      stopReason: stopReason)
  }
}
