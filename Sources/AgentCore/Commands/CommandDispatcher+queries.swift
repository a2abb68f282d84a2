import AgentProtocol
import HostMetrics
import JSON
import Locks
import Logging

/// How queries are answered, and what happens once a burst of them is over.
extension CommandDispatcher {
  /// Runs a query and answers it.
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

  /// Has a large answer encoded and sent when there is room for it.
  private func withEncodingCapacity(for size: Int, _ body: () async -> Void) async {
    guard size > Self.taskSize else { return await body() }
    await encoding.reserve(size * Self.encodedCopies)
    await body()
    encoding.release(size * Self.encodedCopies)
  }

  /// What identifies a query among those that may share a run; nil = it runs by itself.
  func sharedKey(of payload: CommandPayload) -> SharedQueries.Key? {
    guard case .shared = catalogue[payload.operation]?.queryCost else { return nil }
    let digest = payload.params.members.isEmpty ? 0 : CommandDigest.of(payload.operation, payload.params)
    return SharedQueries.Key(operation: payload.operation, digest: digest)
  }

  // MARK: Audit trail

  /// Whether a command without an effect is logged at `info`.
  func isLogged(_ kind: AuditLimiter.Class, _ operation: String) -> Bool {
    let name = catalogue[operation] == nil ? "" : operation
    let isLogged = audit.withLock { $0.admits(kind, name) }
    if !isLogged { burst.end() }
    return isLogged
  }

  /// The class of a command that is no effect on the machine.
  func auditClass(of operation: String) -> AuditLimiter.Class {
    guard let operation = catalogue[operation] else { return .refusal }
    return operation.isControl ? .control : .query
  }

  // MARK: After a burst

  /// Logs what was not logged one by one, and gives memory back to the system, each time that a burst is over.
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
