import AgentProtocol
import JSON
import Locks
import Logging
import StructuredLogging

/// Opening the journal, and the runs and results that an earlier agent has left in it.
extension CommandDispatcher {
  // MARK: Opening

  /// Retries to open the journal until it is open.
  func retryOpening() async {
    while !journal.isOpen {
      do { try await Task.sleep(for: retryInterval, tolerance: retryInterval / 10) } catch { return }
      await openJournal()
    }
  }

  /// Opens the journal unless it is open, and has its interrupted runs resumed and its undelivered results published.
  ///
  /// Returns after the interrupted runs are scheduled, even when another task opens the journal.
  func openJournal() async {
    guard await opening.acquire() else { return }
    defer { opening.release() }
    guard !journal.isOpen else { return }
    do {
      let interrupted = try await journal.open()
      journalProblems.withLock { $0.reset() }
      let status = journal.status
      logger.info(
        "journal opened",
        metadata: [
          "path": "\(status.path ?? "memory")", "entries": .stringConvertible(status.entries),
          "undelivered": .stringConvertible(status.undelivered),
          "interrupted": .stringConvertible(interrupted.count),
        ])
      journal.limitDamage(by: clock.evidence)
      for run in interrupted { resume(run) }
      openings.continuation.yield()
    } catch {
      if journalProblems.withLock({ $0.shouldLog(error.description) }) {
        logger.error("commands with effects are refused", metadata: ["reason": "\(error)"])
      }
    }
  }

  /// Logs the number of undelivered results before the agent ends.
  func logUndelivered() {
    let count = journal.status.undelivered
    guard count > 0 else { return }
    if journal.isDurable {
      logger.info(
        "undelivered results are kept for the next start", metadata: ["count": .stringConvertible(count)])
    } else {
      losses.add(count)
      logger.error("results not delivered", metadata: ["count": .stringConvertible(count)])
    }
  }

  // MARK: Interrupted runs

  /// Resumes the interrupted runs.
  func runInterrupted() async {
    await withDiscardingTaskGroup { group in
      for await interrupted in self.interrupted.stream {
        group.addTask {
          let run = interrupted.run
          let result = await self.runner.resume(run, of: self.catalogue[run.operation], interrupted.stops)
          await self.finish(
            result, interrupted.ticket, key: JournalKey(run.commandID), operation: run.operation,
            to: ReplyTarget(replyTo: nil, connectionID: 0))
        }
      }
    }
  }

  /// Schedules an interrupted run ahead of new commands.
  private func resume(_ run: InterruptedRun) {
    let lane = CommandScheduler.Queue.Lane(
      catalogue[run.operation]?.executionMode ?? .ordered, operation: run.operation, isParallel: false)
    let (ticket, stops) = scheduler.resume(run.commandID, operation: run.operation, in: lane)
    logger.warning(
      "command was interrupted",
      metadata: ["command_id": "\(run.commandID)", "operation": "\(run.operation)"])
    interrupted.continuation.yield(Interrupted(run: run, ticket: ticket, stops: stops))
  }

  // MARK: Results

  /// The number of results of an earlier agent that are delivered concurrently.
  private static let undeliveredWindow = 16

  /// Publishes the stored result of a repeated command, marked as replayed.
  func replay(
    _ commandID: String, _ key: JournalKey, _ operation: String, to target: ReplyTarget, isLogged: Bool
  ) async {
    // The actual size is known after reading.
    var size = journal.resultLimit * Self.encodedCopies
    await encoding.reserve(size)
    defer { encoding.release(size) }
    var result =
      await journal.result(of: key)?.payload
      ?? ResultPayload(
        commandID: commandID, status: .failed, code: .failed,
        message: "it was answered before, and its result can no longer be read")
    result.isReplayed = true
    let needed = min(size, (result.output?.footprint ?? 0) * Self.encodedCopies)
    encoding.release(size - needed)
    size = needed
    await answer(result, operation: operation, to: target, isLogged: isLogged)
    burst.record(bytes: size + Self.taskSize)
  }

  /// Publishes undelivered results after each connect.
  func deliverUndelivered() async {
    var known: UInt64?
    while let connection = await delivery.nextConnection(after: known) {
      known = connection
      await publishUndelivered()
    }
  }

  /// Publishes the results that are neither delivered nor in flight.
  func publishUndelivered() async {
    await withTaskGroup(of: Void.self) { group in
      for (position, key) in journal.takeUndelivered().enumerated() {
        if position >= Self.undeliveredWindow { await group.next() }
        group.addTask { await self.deliverUndelivered(key) }
      }
    }
  }

  private func deliverUndelivered(_ key: JournalKey) async {
    let size = journal.resultLimit * Self.encodedCopies
    await encoding.reserve(size)
    defer { encoding.release(size) }
    guard let (result, messageID) = await journal.result(of: key) else {
      losses.add(1)
      logger.error("result lost, its record cannot be read")
      return journal.markDelivered(key)
    }
    await deliver(
      result, messageID: messageID, of: key, to: ReplyTarget(replyTo: nil, connectionID: 0))
  }
}
