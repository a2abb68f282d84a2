import AgentProtocol
import JSON
import Locks
import Logging

/// What the dispatcher does with what an earlier agent has left in the journal.
extension CommandDispatcher {
  // MARK: Opening

  /// Tries to open the journal now and then, until it is open.
  func keepOpening() async {
    while !journal.isOpen {
      do { try await Task.sleep(for: retryInterval, tolerance: retryInterval / 10) } catch { return }
      await openJournal()
    }
  }

  /// Opens the journal unless it is open; the runs that were interrupted are taken up, what was left over is sent.
  ///
  /// Returns only when those runs have their places, whoever opens it.
  func openJournal() async {
    await opening.reserve(1)
    defer { opening.release(1) }
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

  /// Logs how many results were not delivered, at the end.
  func logUndelivered() {
    let count = journal.status.undelivered
    guard count > 0 else { return }
    if journal.isDurable {
      logger.info("results wait for the next start", metadata: ["count": .stringConvertible(count)])
    } else {
      losses.add(count)
      logger.error("results not delivered", metadata: ["count": .stringConvertible(count)])
    }
  }

  // MARK: Interrupted runs

  /// Takes up the runs that were interrupted.
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

  /// Gives a run its place before anything else can take it.
  private func resume(_ run: InterruptedRun) {
    let lane = CommandScheduler.Queue.Lane(
      catalogue[run.operation]?.pace ?? .ordered, operation: run.operation, isParallel: false)
    let (ticket, stops) = scheduler.resume(run.commandID, operation: run.operation, in: lane)
    logger.warning(
      "command was interrupted",
      metadata: ["command_id": "\(run.commandID)", "operation": "\(run.operation)"])
    interrupted.continuation.yield(Interrupted(run: run, ticket: ticket, stops: stops))
  }

  // MARK: Results

  /// How many results of an earlier agent are on their way at a time.
  private static let undeliveredWindow = 16

  /// Answers a command that was answered before.
  func replay(
    _ commandID: String, _ key: JournalKey, _ operation: String, to target: ReplyTarget, isLogged: Bool
  ) async {
    // Its size is known when it is read.
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

  /// Sends what an earlier agent could not deliver, or what was refused on an earlier connection, each time that there is a
  /// connection.
  func deliverUndelivered() async {
    var known: UInt64?
    while let connection = await delivery.nextConnection(after: known) {
      known = connection
      await publishUndelivered()
    }
  }

  /// Sends the results that are neither delivered nor on their way.
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
      logger.error("result lost, it can no longer be read")
      return journal.markDelivered(key)
    }
    await deliver(
      result, messageID: messageID, of: key, to: ReplyTarget(replyTo: nil, connectionID: 0))
  }
}
