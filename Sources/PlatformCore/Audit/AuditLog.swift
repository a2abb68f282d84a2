import AgentProtocol
import DequeModule
import JSON
public import JetStream
import Locks
public import Logging
import NATS
public import PlatformAPI

/// The audit record: the stream `PLS_AUDIT`, which nobody can change, only add to.
public final class AuditLog: Auditing {
  /// The stream's name.
  public static let streamName = "PLS_AUDIT"
  /// What the subjects of entries begin with; the action follows.
  static let subjectPrefix = "pls.audit."
  /// How many notes wait to be written before further ones are left out.
  static let maximumNotes = 1_024
  /// The largest details of an entry, in bytes.
  static let maximumDetails = 32 * 1_024

  private struct Notes {
    var waiting = Deque<AuditEntry>()
    var lost = 0
    /// Nobody writes them any more.
    var isFinished = false
  }

  let jetStream: JetStream
  private let counters: PlatformCounters
  private let logger: Logger
  private let notes = Locked(Notes())
  private let signals: AsyncStream<Void>
  private let signal: AsyncStream<Void>.Continuation
  private let ended = Readiness()

  /// An audit record in a stream of ``configuration(replicas:)``.
  public init(_ jetStream: JetStream, counters: PlatformCounters = PlatformCounters(), logger: Logger) {
    self.jetStream = jetStream
    self.counters = counters
    self.logger = logger
    (signals, signal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
  }

  /// What the stream has to be: 400 days, 1 GiB, and nothing in it can be deleted.
  ///
  /// - Parameter replicas: servers that keep a copy, 1 to 5.
  public static func configuration(replicas: Int = 1) -> StreamConfiguration {
    var configuration = StreamConfiguration(name: streamName, subjects: [subjectPrefix + ">"])
    configuration.description = "who did what; append-only"
    configuration.maxAge = .seconds(400 * 86_400)
    configuration.maxBytes = 1 << 30
    configuration.maxMessageSize = 128 * 1_024
    configuration.discard = .old
    configuration.replicas = replicas
    configuration.denyDelete = true
    configuration.denyPurge = true
    configuration.allowDirect = true
    return configuration
  }

  /// Makes the stream, or changes what differs.
  public static func ensure(_ jetStream: JetStream, replicas: Int = 1) async throws(JetStreamError) {
    _ = try await jetStream.ensureStream(configuration(replicas: replicas))
  }

  // MARK: Writing

  /// Takes an entry down for good, or throws `unavailable`.
  public func record(_ entry: AuditEntry) async throws(APIError) {
    do throws(JetStreamError) {
      try await write(entry)
    } catch {
      throw APIError(
        .unavailable, "nothing was done, as it can't be taken down in the audit record: \(error)")
    }
  }

  /// Takes an entry down as well as may be, by ``run()``; once that has ended without a confirmation.
  public func note(_ entry: AuditEntry) {
    let isFinished = notes.withLock { notes in
      if notes.isFinished { return true }
      if notes.waiting.count < Self.maximumNotes { notes.waiting.append(entry) } else { notes.lost += 1 }
      return false
    }
    if isFinished { send(entry) }
    signal.yield()
  }

  /// Writes what ``note(_:)`` was given, until ``finish()``, or the task is cancelled. What waits then is sent without a
  /// confirmation.
  public func run() async {
    defer { ended.set() }
    await writeNotes()
    for await _ in signals { await writeNotes() }
    let rest = notes.withLock { notes in
      notes.isFinished = true
      defer { notes.waiting = [] }
      return notes.waiting
    }
    for entry in rest { send(entry) }
  }

  private func send(_ entry: AuditEntry) {
    do {
      try jetStream.client.publish(APICoding.encode(Self.bounded(entry)), to: Self.subject(of: entry))
    } catch {
      countLost(1, error)
    }
  }

  /// Ends ``run()``. Returns when the notes that there are have been written by it, or the task is cancelled.
  public func finish() async {
    signal.finish()
    await ended.wait()
  }

  private func writeNotes() async {
    while !Task.isCancelled, let entry = notes.withLock({ $0.waiting.first }) {
      do throws(JetStreamError) {
        try await write(entry)
      } catch {
        if Task.isCancelled { return }
        countLost(1, error)
      }
      let lost = notes.withLock { notes in
        if notes.waiting.first == entry { notes.waiting.removeFirst() }
        defer { notes.lost = 0 }
        return notes.lost
      }
      if lost > 0 {
        countLost(lost, nil)
        note(
          AuditEntry(
            at: Registry.unixTime, by: "platform", action: "audit.lost", object: Self.streamName,
            details: ["entries": JSONValue(lost)]))
      }
    }
  }

  private func countLost(_ count: Int, _ error: (any Error)?) {
    counters.auditLost(count)
    logger.error(
      "audit.lost",
      metadata: ["entries": "\(count)", "error": "\(error.map { "\($0)" } ?? "too many at a time")"])
  }

  /// Writes an entry; where no answer comes once more under the same id, so that it stands there once.
  private func write(_ entry: AuditEntry) async throws(JetStreamError) {
    let bytes: [UInt8]
    do {
      bytes = try APICoding.encode(Self.bounded(entry))
    } catch {
      throw JetStreamError(.invalidArgument, "the entry \(entry.action) can't be written as JSON")
    }
    // The end of a command may be told again by the instance that takes over, and stands there once.
    let id = entry.action == CommandEnd.action ? "\(entry.action):\(entry.object)" : MessageID.random()
    let subject = Self.subject(of: entry)
    do throws(JetStreamError) {
      try await jetStream.publish(bytes, to: subject, messageID: id)
    } catch  where error.code == .timeout {
      try await jetStream.publish(bytes, to: subject, messageID: id)
    }
  }

  private static func bounded(_ entry: AuditEntry) -> AuditEntry {
    var entry = entry
    entry.object = String(entry.object.prefix(256))
    if entry.details.footprint > maximumDetails {
      entry.details = ["left_out": "the details were too large"]
    }
    return entry
  }

  /// `pls.audit.{action}`; an action that is no subject is filed under `other`.
  private static func subject(of entry: AuditEntry) -> String {
    let tokens = entry.action.split(separator: ".", omittingEmptySubsequences: false)
    let isSubject = tokens.allSatisfy { token in
      !token.isEmpty && token.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == UInt8(ascii: "_") }
    }
    return subjectPrefix + (isSubject && entry.action.utf8.count <= 64 ? entry.action : "other")
  }
}
