import AgentProtocol
import Clocks
import JSON
import JetStream
import Locks
import Logging
import NATS
import PlatformAPI

/// Delivers commands to agents and records their results, while this instance leads.
///
/// The work of one agent is done in order by one of a few lanes; agents do not wait for each other. ``DeliverySchedule`` decides
/// what is to be done.
final class CommandDelivery: EventObserver, Sendable {
  private enum Work: Sendable {
    /// Sends the platform's time in reply to a message of the agent.
    case time(String, inReplyTo: String)
    /// Performs the due steps for the agent's commands.
    case process(String)
    /// Records a result.
    case result(AgentEvent.Result, uuid: String, read: InFlightResult, time: Double)
  }

  private static let laneCount = 32
  private static let tick = Duration.milliseconds(500)
  /// The pause after a failure before the next step for an agent, in seconds.
  private static let retryDelay: Double = 1
  /// The time within which the server has to confirm a published command.
  private static let confirmationTimeout = Duration.seconds(5)
  /// The age in seconds up to which ended commands are audited again. Less than the duplicate window of the audit stream.
  private static let auditRecheckAge: Double = 90

  private let client: NATSClient
  private let store: CommandStore
  private let fleet: Fleet
  private let notifier: CompletionNotifier
  private let counters: PlatformCounters
  private let clones: @Sendable (_ uuid: String, _ evidence: String) -> Void
  private let logger: Logger
  /// The agents that are queued in a lane.
  private let queued = Locked<Set<String>>([])
  private let times = Locked(TimeSchedule())
  private let lanes: [(stream: AsyncStream<Work>, continuation: AsyncStream<Work>.Continuation)]

  /// Creates a delivery for one term as leader.
  ///
  /// - Parameter clones: Called when two hosts seem to share an identity.
  init(
    client: NATSClient, store: CommandStore, fleet: Fleet, notifier: CompletionNotifier,
    counters: PlatformCounters,
    clones: @escaping @Sendable (String, String) -> Void, logger: Logger
  ) {
    self.client = client
    self.store = store
    self.fleet = fleet
    self.notifier = notifier
    self.counters = counters
    self.clones = clones
    self.logger = logger
    lanes = (0..<Self.laneCount).map { _ in AsyncStream<Work>.makeStream() }
  }

  /// Takes over the open commands. Call it before ``run()`` and before events are forwarded.
  func begin() {
    var lastSeen: [String: Double] = [:]
    var journals: [String] = []
    for (uuid, state) in fleet.states() {
      lastSeen[uuid] = state.lastHeartbeat
      if state.keepsJournal { journals.append(uuid) }
    }
    store.cache.withLock {
      $0.beginDelivery(
        lastSeen: lastSeen, journals: journals, aliveWithin: fleet.aliveWithin, at: WallClock.now)
    }
    store.setChangeObserver { [weak self] uuid in self?.enqueue(uuid) }
  }

  /// Delivers until the task is cancelled.
  func run() async {
    await withTaskGroup(of: Void.self) { group in
      for lane in lanes { group.addTask { await self.work(through: lane.stream) } }
      group.addTask { await self.runTimer() }
      group.addTask { await self.appendMissingAuditEntries() }
    }
    store.setChangeObserver(nil)
    store.cache.withLock { $0.endDelivery() }
  }

  /// Audits recently ended commands again: the last leader may have stopped before it wrote the audit entry.
  private func appendMissingAuditEntries() async {
    let since = WallClock.now - Self.auditRecheckAge
    let ended = store.cache.withLock { cache in
      cache.index.entries.values.filter { $0.state.isFinal && $0.writtenAt >= since }.map(\.id)
    }
    for id in ended where !Task.isCancelled {
      do throws(JetStreamError) {
        if let record = try await store.recentRecord(id) { await notifier.appendAuditEntry(record) }
      } catch {
        logger.warning(
          "the end of a command may be missing in the audit record",
          metadata: ["command_id": "\(id)", "reason": "\(error)"])
      }
    }
  }

  private func enqueue(_ uuid: String) {
    if queued.withLock({ $0.insert(uuid).inserted }) { put(.process(uuid), for: uuid) }
  }

  private func put(_ work: Work, for uuid: String) {
    lanes[Int(UInt(bitPattern: uuid.hashValue) % UInt(lanes.count))].continuation.yield(work)
  }

  private func runTimer() async {
    while !Task.isCancelled {
      let due = store.cache.withLock { $0.schedule?.due(at: WallClock.now) ?? [] }
      for uuid in due { enqueue(uuid) }
      // Ends early when the task is cancelled.
      try? await Task.sleep(for: Self.tick)
    }
  }

  private func work(through lane: AsyncStream<Work>) async {
    for await work in lane {
      switch work {
      case .time(let uuid, let messageID): sendTime(to: uuid, inReplyTo: messageID)
      case .process(let uuid):
        queued.withLock { _ = $0.remove(uuid) }
        await advance(uuid)
      case .result(let result, let uuid, let read, let time):
        await handleResult(result, of: uuid, at: time)
        // When the task is cancelled the result was not processed: the next leader reads it again.
        if !Task.isCancelled { read.complete() }
      }
    }
  }

  // MARK: Events

  func announced(_ uuid: String, keepsJournal: Bool, in messageID: String, at time: Double) {
    // Before the waiting commands, in the same lane and over the same connection.
    if !messageID.isEmpty,
      times.withLock({ $0.recordAnnouncement(of: uuid, at: time, now: WallClock.now) })
    {
      put(.time(uuid, inReplyTo: messageID), for: uuid)
    }
    let hasCommands = store.cache.withLock { cache in
      cache.withSchedule { schedule in
        schedule.setKeepsJournal(of: uuid, isKept: keepsJournal)
        schedule.recordAnnouncement(of: uuid, at: time)
        return schedule.next(for: uuid, at: WallClock.now) != nil
      }
    }
    if hasCommands == true { enqueue(uuid) }
  }

  func heartbeat(of uuid: String, in messageID: String, at time: Double) {
    if !messageID.isEmpty, times.withLock({ $0.recordHeartbeat(of: uuid, at: time, now: WallClock.now) }) {
      put(.time(uuid, inReplyTo: messageID), for: uuid)
    }
    let hasCommands = store.cache.withLock { cache in
      cache.withSchedule { schedule in
        schedule.recordHeartbeat(of: uuid, at: time)
        return schedule.next(for: uuid, at: WallClock.now) != nil
      }
    }
    if hasCommands == true { enqueue(uuid) }
  }

  func answered(_ result: AgentEvent.Result, of uuid: String, read: InFlightResult, at time: Double) -> Bool {
    // The result may be of another agent's command, of an ended one or of none: the content is untrusted.
    guard store.cache.withLock({ $0.openCommand(result.commandID, of: uuid) != nil }) else { return false }
    put(.result(result, uuid: uuid, read: read, time: time), for: uuid)
    return true
  }

  func cloneSuspected(_ uuid: String, evidence: String) { clones(uuid, evidence) }

  // MARK: Sending

  private func advance(_ uuid: String) async {
    while !Task.isCancelled,
      let step = store.cache.withLock({ $0.schedule?.next(for: uuid, at: WallClock.now) })
    {
      do {
        try await perform(step, for: uuid)
      } catch {
        logger.warning(
          "a command can't be delivered now",
          metadata: ["command_id": "\(step.id)", "agent": "\(uuid)", "reason": "\(error)"])
        _ = store.cache.withLock { cache in
          cache.withSchedule { $0.hold(uuid, after: step, until: WallClock.now + Self.retryDelay) }
        }
      }
    }
  }

  private func perform(_ step: DeliverySchedule.Step, for uuid: String) async throws {
    switch step {
    case .send(let id): try await send(id, to: uuid)
    case .requestCancel(let id): try await requestCancel(id, from: uuid)
    case .expire(let id): await finish(id, as: .expired) { $0.state == .pending }
    case .cancelUnsent(let id): await finish(id, as: .cancelled) { $0.state == .pending }
    case .markUnknown(let id): await finish(id, as: .unknown) { $0.state == .sent }
    }
  }

  private func send(_ id: String, to uuid: String) async throws {
    // The record says so first, so that a sent command never counts as unsent.
    let change = try await store.change(id) { record, revision in
      guard !record.state.isFinal, record.cancelRequestedAt == nil else { return false }
      record.recordSent(at: WallClock.now, order: revision)
      return true
    }
    guard case .changed(let record) = change else { return }
    try await publish(to: uuid) { CommandEncoder.command(record, to: $0) }
    _ = store.cache.withLock { cache in cache.withSchedule { $0.recordSent(id, of: uuid) } }
    counters.commandSent()
    logger.debug(
      "command sent",
      metadata: [
        "command_id": "\(id)", "agent": "\(uuid)", "attempt": .stringConvertible(record.attempts),
      ])
  }

  private func requestCancel(_ id: String, from uuid: String) async throws {
    guard let record = store.cache.withLock({ $0.open[id]?.record }) else { return }
    let state = fleet.state(uuid)
    if state?.canCancel == true { try await publish(to: uuid) { CommandEncoder.cancel(record, to: $0) } }
    // An agent without a journal would run it again.
    if state?.keepsJournal == true { try await publish(to: uuid) { CommandEncoder.probe(record, to: $0) } }
    _ = store.cache.withLock { cache in
      cache.withSchedule { $0.recordCancelRequest(id, of: uuid, at: WallClock.now) }
    }
  }

  /// Publishes the platform's time, without confirmation or retry: later heartbeats are answered as well.
  private func sendTime(to uuid: String, inReplyTo messageID: String) {
    guard let agent = AgentUUID(uuid) else { return }
    do {
      try client.publish(
        EnvelopeWriter(agent: agent).time(inReplyTo: messageID, timestamp: UnixTime.now),
        to: AgentSubjects(agent).commands)
    } catch {
      logger.debug("the time was not sent", metadata: ["agent": "\(uuid)", "reason": "\(error)"])
    }
  }

  /// Publishes a message and waits for the server's confirmation. It is not buffered for a later connection, where it would arrive
  /// after newer commands or after its expiry.
  private func publish(to uuid: String, _ message: (AgentUUID) -> CommandMessage) async throws {
    guard let agent = AgentUUID(uuid) else { throw APIError(.invalid, "\(uuid) is no uuid") }
    let message = message(agent)
    try await client.publishAndFlush(
      message.bytes, to: AgentSubjects(agent).commands, replyTo: message.replyTo,
      timeout: Self.confirmationTimeout)
  }

  // MARK: Completion

  private func finish(
    _ id: String, as state: CommandView.State, if isDue: @escaping @Sendable (CommandRecord) -> Bool
  ) async {
    let now = WallClock.now
    await complete(id, at: now, result: nil) { record in
      guard isDue(record) else { return false }
      record.end(state, at: now)
      return true
    }
  }

  private func handleResult(_ result: AgentEvent.Result, of uuid: String, at time: Double) async {
    guard store.cache.withLock({ $0.openCommand(result.commandID, of: uuid) != nil }) else { return }
    await complete(result.commandID, at: time, result: result) { record in
      guard !record.state.isFinal, record.agent == uuid else { return false }
      record.end(with: result, at: time)
      return true
    }
  }

  /// Stores the result, updates the record, then notifies. Retries until that is done or the task is cancelled: a failed write may
  /// have been committed, and a committed completion must be notified.
  ///
  /// - Parameters:
  ///   - time: The time at which it ended, in unix seconds; the same in all attempts.
  ///   - body: Ends the record; returns false to leave it unchanged.
  private func complete(
    _ id: String, at time: Double, result: AgentEvent.Result?,
    _ body: @Sendable (inout CommandRecord) -> Bool
  ) async {
    while !Task.isCancelled {
      do {
        if let result { try await storeResult(result) }
        let record = try await store.change(id) { record, _ in body(&record) }.record
        if let record, record.endedAt == time { await notifier.notify(record, result: result?.payload) }
        return
      } catch {
        logger.warning(
          "the end of a command can't be stored now",
          metadata: ["command_id": "\(id)", "reason": "\(error)"])
        // Ends early when the task is cancelled.
        try? await Task.sleep(for: .milliseconds(500))
      }
    }
  }

  /// Stores a result, cut to the size of a message here: the agent's server may accept larger messages.
  private func storeResult(_ result: AgentEvent.Result) async throws(JetStreamError) {
    let limit = notifier.messageLimit - 512
    if result.payload.count <= limit {
      return try await store.storeResult(result.payload, of: result.commandID)
    }
    let cut = ResultPayload(parsing: result.payload)?.fitting(limit).json
    try await store.storeResult(cut.map { JSONWriter.encode($0) } ?? [], of: result.commandID)
  }
}
