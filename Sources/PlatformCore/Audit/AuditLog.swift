import AgentProtocol
import Clocks
import DequeModule
import Encoding
import JSON
public import JetStream
import Locks
public import Logging
import NATS
public import PlatformAPI

/// The audit record: the stream `PLS_AUDIT`. Entries can be added, but neither changed nor removed before they
/// expire.
public final class AuditLog: Auditing {
  /// The stream's name.
  public static let streamName = "PLS_AUDIT"
  /// The most entries that wait to be written; further ones are dropped and counted.
  static let maximumQueued = 1_024
  /// The largest details of an entry, in bytes.
  static let maximumDetails = 32 * 1_024

  private struct Queue {
    var waiting = Deque<AuditEntry>()
    var lost = 0
    /// Set when ``run()`` has ended: entries are sent without a confirmation from then on.
    var isFinished = false
  }

  private let client: NATSClient
  /// The account of the record.
  let record: JetStream
  private let counters: PlatformCounters
  private let logger: Logger
  private let queue = Locked(Queue())
  private let limits: Locked<AuditLimits>
  private let signals: AsyncStream<Void>
  private let signal: AsyncStream<Void>.Continuation
  private let ended = Latch()
  private let finishing = Latch()
  private let health: InstanceHealth?

  /// The actor of the platform's own entries, in place of an operator's name.
  public static let platformActor = "platform"

  /// Creates a log over the stream of ``StorageSettings/auditStream``, which is in an account of its own.
  ///
  /// - Parameters:
  ///   - maxBytes: The limit of the stream in bytes, of which each actor has a share.
  ///   - health: While it reports that JetStream stores no messages, changes are rejected.
  public init(
    _ jetStream: JetStream, maxBytes: Int64 = StorageSettings().audit.maxBytes,
    counters: PlatformCounters = PlatformCounters(), health: InstanceHealth? = nil, logger: Logger
  ) {
    self.health = health
    limits = Locked(AuditLimits(budget: AuditBudget(recordBytes: maxBytes)))
    client = jetStream.client
    record = AuditRecord.jetStream(jetStream.client, timeout: jetStream.timeout)
    self.counters = counters
    self.logger = logger
    (signals, signal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
  }

  // MARK: Writing

  /// Records an entry durably.
  ///
  /// - Throws: `busy` when the operator has used up its share; `unavailable` when the stream is full or does not
  ///   confirm the entry.
  public func record(_ entry: AuditEntry) async throws(APIError) {
    let isRevocation = Self.revocations.contains(entry.action)
    // Revocations are tried nevertheless: the full stream may be another one than the record.
    if !isRevocation, let problem = health?.storeProblem { throw Self.notDone(problem) }
    guard isRevocation || limits.withLock({ $0.usedPercent < Self.reservedFrom }) else {
      checkFillSoon()
      throw Self.full
    }
    let size = Self.size(of: entry)
    if entry.by != Self.platformActor {
      let isWithinShare = limits.withLock {
        $0.budget.take(size, by: entry.by, keepsReserve: !isRevocation, now: BootClock.now)
      }
      guard isWithinShare else {
        throw APIError(
          .busy,
          "nothing was done: \(entry.by) has filled its share of the audit record, an eighth a day; try again later, or raise "
            + "streams.audit.max_bytes")
      }
    }
    do throws(JetStreamError) {
      let sequence = try await write(entry)
      health?.audit(nil)
      limits.withLock { $0.recordWrite(sequence, size: size, at: BootClock.now) }
      checkFillSoon()
    } catch  where error.message.contains(Self.isFull) {
      // The stream answers, so it is healthy.
      health?.audit(nil)
      limits.withLock { limits in
        limits.checkedAt = -.infinity
        limits.budget.giveBack(size, to: entry.by)
      }
      checkFillSoon()
      throw Self.full
    } catch {
      // An entry without a confirmation may have been stored.
      if error.code == .timeout {
        enqueue(entry.failed("the audit record did not confirm the entry", at: WallClock.now))
        health?.audit(error)
      } else {
        health?.suspectStore()
      }
      throw Self.notDone(
        health?.storeProblem ?? "the entry for the audit record was not confirmed: \(error.message)")
    }
  }

  private static func notDone(_ reason: String) -> APIError {
    APIError(.unavailable, "nothing was done: \(reason)")
  }

  /// The actions that take rights away. The last part of an operator's share, and of the record, is reserved for
  /// them: entries of others must not keep a stolen token valid.
  private static let revocations: Set<String> = [
    "agents.revoke", "agents.remove", "operators.remove", "enrolments.remove", "commands.cancel",
  ]
  /// The fill level in percent from which only revocations are recorded.
  private static let reservedFrom = 98.0
  private static let full = APIError(
    .unavailable,
    "nothing was done: the audit record is full; raise streams.audit.max_bytes as docs/platform.md says")

  /// nats-server's message for a full stream. Its `err_code` (10077) stands for every failure to store a message.
  private static let isFull = "maximum bytes exceeded"

  /// The approximate size of an entry in the stream, in bytes.
  private static func size(of entry: AuditEntry) -> Int {
    384 + entry.by.utf8.count + entry.action.utf8.count * 2 + min(entry.object.utf8.count, 1_024)
      + min(entry.details.footprint, maximumDetails)
  }

  /// Whether an entry is an alarm, which strangers can cause at any rate.
  private static func isAlarm(_ entry: AuditEntry) -> Bool {
    entry.by == platformActor && (entry.action.hasPrefix("agent.") || entry.action.hasPrefix("operator."))
  }

  /// The entry as it is recorded; nil for an alarm that is suppressed and only logged.
  private func admitted(_ entry: AuditEntry) -> AuditEntry? {
    // The entry of a failed change is bounded by the entry of the change.
    guard Self.isAlarm(entry) else { return entry }
    let size = Self.size(of: entry)
    let now = BootClock.now
    let admitted = limits.withLock { limits -> Int? in
      var throttle = limits.throttle
      guard let suppressed = throttle.admit(entry.action, of: entry.object, now: now),
        limits.budget.takeAlarm(size, now: now)
      else {
        limits.throttle.suppress(entry.action, of: entry.object)
        return nil
      }
      limits.throttle = throttle
      return suppressed
    }
    guard let suppressed = admitted else {
      counters.auditSuppressed()
      return nil
    }
    guard suppressed > 0, var details = entry.details.objectValue else { return entry }
    details["suppressed"] = JSONValue(suppressed)
    var entry = entry
    entry.details = .object(details)
    return entry
  }

  /// Queues an entry for ``run()``, without waiting. When that has ended, sends it without a confirmation. Alarms are
  /// throttled.
  public func enqueue(_ entry: AuditEntry) {
    guard let entry = admitted(entry) else { return }
    let isFinished = queue.withLock { queue in
      if queue.isFinished { return true }
      if queue.waiting.count < Self.maximumQueued { queue.waiting.append(entry) } else { queue.lost += 1 }
      return false
    }
    if isFinished { send(entry) }
    signal.yield()
  }

  /// Writes the entries queued by ``enqueue(_:)`` until ``finish()`` is called or the task is cancelled. Entries that are still
  /// queued at that point are published without waiting for a confirmation.
  public func run() async {
    defer { ended.set() }
    await writeQueued()
    await checkFill()
    for await _ in signals {
      await writeQueued()
      await checkFill()
    }
    let rest = queue.withLock { queue in
      queue.isFinished = true
      defer { queue.waiting = [] }
      return queue.waiting
    }
    for entry in rest { send(entry) }
  }

  private func send(_ entry: AuditEntry) {
    do {
      try client.publish(APICoding.encode(Self.bounded(entry)), to: Self.subject(of: entry))
    } catch {
      countLost(1, error)
    }
  }

  /// Ends ``run()``. Returns when it has written the queued entries, or the task is cancelled.
  public func finish() async {
    finishing.set()
    signal.finish()
    await ended.wait()
  }

  private func writeQueued() async {
    while !Task.isCancelled, let entry = queue.withLock({ $0.waiting.first }) {
      // ``run()`` sends entries that can't be stored now without a confirmation.
      if finishing.isSet, health?.storeProblem != nil { return }
      do throws(JetStreamError) {
        try await write(entry)
        health?.audit(nil)
      } catch {
        if Task.isCancelled { return }
        if Self.mayPass(error) {
          if error.code == .timeout { health?.audit(error) } else { health?.suspectStore() }
          // The entries wait until the record accepts entries again.
          await waitForRecord()
          continue
        }
        health?.audit(nil)
        countLost(1, error)
      }
      let lost = queue.withLock { queue in
        if queue.waiting.first == entry { queue.waiting.removeFirst() }
        defer { queue.lost = 0 }
        return queue.lost
      }
      if lost > 0 {
        countLost(lost, nil)
        enqueue(
          AuditEntry(
            at: WallClock.now, by: "platform", action: "audit.lost", object: Self.streamName,
            details: ["entries": JSONValue(lost)]))
      }
    }
  }

  /// Whether a retry may succeed: not when the entry is too large or the record is full.
  private static func mayPass(_ error: JetStreamError) -> Bool {
    switch error.code {
    case .timeout, .noResponders, .nats: true
    case .api: !error.message.contains(isFull)
    default: false
    }
  }

  /// Waits a second, or until ``finish()`` is called.
  private func waitForRecord() async {
    await withTaskGroup(of: Void.self) { group in
      // Each is cancelled when the other one ends.
      group.addTask { try? await Task.sleep(for: .seconds(1)) }
      group.addTask { await self.finishing.wait() }
      await group.next()
      group.cancelAll()
    }
  }

  private static let thresholds = [80, 95]

  private func checkFillSoon() {
    if limits.withLock({ BootClock.now - $0.checkedAt >= $0.fillPeriod }) { signal.yield() }
  }

  /// Logs a warning before the stream is full, because no changes can be made then.
  private func checkFill() async {
    let now = BootClock.now
    let isDue = limits.withLock { limits in
      guard now - limits.checkedAt >= limits.fillPeriod else { return false }
      limits.checkedAt = now
      return true
    }
    guard isDue, !Task.isCancelled else { return }
    let percent: Int
    do throws(JetStreamError) {
      let stream = try await record.stream(Self.streamName)
      percent = Int(stream.usedPercent ?? 0)
      limits.withLock { limits in
        let limit = stream.configuration.maxBytes
        limits.used = (Double(stream.state.bytes), limit > 0 ? Double(limit) : .infinity)
        limits.written = 0
      }
    } catch {
      logger.debug("the size of the audit record could not be read", metadata: ["error": "\(error)"])
      return
    }
    let reached = Self.thresholds.last { percent >= $0 } ?? 0
    let isNews = limits.withLock { limits in
      defer { limits.warnedAbove = reached }
      return reached > limits.warnedAbove
    }
    if isNews {
      logger.warning(
        "the audit record is filling up, and changes are refused when it is full: raise streams.audit.max_bytes",
        metadata: ["used_pct": "\(percent)"])
    }
  }

  private func countLost(_ count: Int, _ error: (any Error)?) {
    counters.auditLost(count)
    logger.error(
      "audit.lost",
      metadata: ["entries": "\(count)", "error": "\(error.map { "\($0)" } ?? "too many at a time")"])
  }

  /// Writes an entry. After a time-out, retries once with the same message id, so that it is stored once.
  ///
  /// - Returns: The entry's sequence in the stream.
  @discardableResult
  private func write(_ entry: AuditEntry) async throws(JetStreamError) -> UInt64 {
    let bytes: [UInt8]
    let entry = Self.bounded(entry)
    do {
      bytes = try APICoding.encode(entry)
    } catch {
      throw JetStreamError(.invalidArgument, "the entry \(entry.action) can't be written as JSON")
    }
    // The instance that takes over may record the end of a command again. The message id keeps it unique.
    let id =
      entry.action == AuditEntry.commandEnded ? "\(entry.action):\(entry.object)" : MessageID.random()
    let subject = Self.subject(of: entry)
    var ack: PublishAck
    do throws(JetStreamError) {
      ack = try await publish(bytes, subject, id)
    } catch  where error.code == .timeout && health?.storeProblem == nil {
      ack = try await publish(bytes, subject, id)
    }
    if ack.isDuplicate, try await !isStored(bytes, at: ack.sequence) {
      // A holder of the platform's key can use the id beforehand to suppress the entry.
      logger.warning(
        "the message id of an audit entry was used for another message",
        metadata: ["action": "\(entry.action)", "object": "\(SafeText.quoted(entry.object))"])
      ack = try await publish(bytes, subject, MessageID.random())
    }
    return ack.sequence
  }

  private func isStored(_ bytes: [UInt8], at sequence: UInt64) async throws(JetStreamError) -> Bool {
    let message = try await record.getMessage(stream: Self.streamName, sequence: sequence, fromLeader: true)
    return message?.payload == bytes
  }

  /// Publishes an entry. An acknowledgement of another stream is an error: one in the account of the fleet could
  /// capture the subjects.
  private func publish(
    _ bytes: [UInt8], _ subject: String, _ id: String
  ) async throws(JetStreamError) -> PublishAck {
    let ack = try await record.publish(
      bytes, to: subject, expectations: PublishExpectations(stream: Self.streamName), messageID: id)
    guard ack.stream == Self.streamName else {
      throw JetStreamError(
        .invalidArgument,
        "the stream \(ack.stream) acknowledges entries in place of \(Self.streamName): remove it")
    }
    return ack
  }

  private static func bounded(_ entry: AuditEntry) -> AuditEntry {
    var entry = entry
    entry.object = entry.object.prefix(bytes: 256)
    if entry.details.footprint > maximumDetails {
      entry.details = ["left_out": "the details were too large"]
    }
    return entry
  }

  /// The subject of an entry: its action after ``AuditRecord/entryPrefix``, or `other` when the action is no valid
  /// subject.
  private static func subject(of entry: AuditEntry) -> String {
    let tokens = entry.action.split(separator: ".", omittingEmptySubsequences: false)
    let isSubject = tokens.allSatisfy { token in
      !token.isEmpty && token.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == UInt8(ascii: "_") }
    }
    return AuditRecord.entryPrefix + (isSubject && entry.action.utf8.count <= 64 ? entry.action : "other")
  }
}
