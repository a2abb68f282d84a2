import AgentProtocol
import JSON
import LinuxMetrics
import Locks
import Logging

/// Queries, their audit trail, and the work after a burst.
extension CommandDispatcher {
  /// Executes a query and publishes its result.
  func runImmediately(_ incoming: IncomingCommand, as key: SharedQueries.Key?, isLogged: Bool) async {
    let command = incoming.admitted
    if let key, case .shared(let cost) = catalogue[command.operation]?.queryCost {
      let started = ContinuousClock.now
      let share = await queries.outcome(of: key, cost: cost) { await self.runner.outcome(of: command) }
      let result = CommandRunner.result(of: command.id, share.outcome, stop: nil, took: .now - started)
      await withEncodingCapacity(for: share.size) {
        await self.answer(result, operation: command.operation, to: incoming.replyTarget, isLogged: isLogged)
      }
      withExtendedLifetime(share) {}
      burst.record(bytes: share.size)
    } else {
      let result = await runner.query(command)
      await answer(result, operation: command.operation, to: incoming.replyTarget, isLogged: isLogged)
    }
    inFlight.release(incoming.size)
    burst.record(bytes: Self.taskSize)
  }

  /// Waits for encoding memory before a large result is encoded and published.
  private func withEncodingCapacity(for size: Int, _ body: () async -> Void) async {
    guard size > Self.taskSize else { return await body() }
    await encoding.reserve(size * Self.encodedCopies)
    await body()
    encoding.release(size * Self.encodedCopies)
  }

  /// The key of a query that may share a run; nil for all other queries.
  func sharedKey(of payload: CommandPayload) -> SharedQueries.Key? {
    guard case .shared = catalogue[payload.operation]?.queryCost else { return nil }
    let digest = payload.params.members.isEmpty ? 0 : CommandDigest.of(payload.operation, payload.params)
    return SharedQueries.Key(operation: payload.operation, digest: digest)
  }

  // MARK: Audit trail

  /// Whether to log a command without an effect at `info`.
  func isLogged(_ kind: AuditLimiter.Class, _ operation: String) -> Bool {
    let name = catalogue[operation] == nil ? "" : operation
    let isLogged = audit.withLock { $0.admits(kind, name) }
    if !isLogged { burst.end() }
    return isLogged
  }

  /// The audit class of a command without an effect on the machine.
  func auditClass(of operation: String) -> AuditLimiter.Class {
    guard let operation = catalogue[operation] else { return .refusal }
    return operation.isControl ? .control : .query
  }

  // MARK: After a burst

  /// After each burst, logs a summary of the commands that were not logged and returns free memory to the system.
  func summariseAfterBursts() async {
    while await burst.nextEnd() {
      logSummary()
      ProcessMemory.releaseFreePages()
    }
    logSummary()
  }

  private func logSummary() {
    let counts = audit.withLock { $0.takeSummary() }
    guard !counts.isEmpty else { return }
    let operations = counts.sorted { $0.key < $1.key }
      .map { "\($0.key.isEmpty ? "(refused or dropped)" : $0.key): \($0.value)" }.joined(separator: ", ")
    logger.info(
      "queries summarised",
      metadata: [
        "count": .stringConvertible(counts.values.reduce(0, +)), "operations": "\(operations)",
      ])
  }
}
