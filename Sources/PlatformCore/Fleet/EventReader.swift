import AgentProtocol
import JetStream
import Locks
import Logging
import NATS
import NIOCore
import StructuredLogging

/// Consumes the event stream while this instance leads, and forwards what concerns commands.
struct EventReader: Sendable {
  private static let pause = Duration.seconds(1)

  let jetStream: JetStream
  let writer: FleetWriter
  let results: InFlightResults
  let observer: any EventObserver
  /// The bytes of the stream that one agent may use within ``window``.
  let share: Int
  /// The maximum age of events in the stream, in seconds.
  let window: Double
  let counters: PlatformCounters
  let logger: Logger
  /// Limits the log of rejected events to one line a minute and agent.
  private let rejections = Locked(LogRateLimiter(period: .seconds(60), capacity: 4_096))
  /// Limits the log of truncated telemetry to one line an hour and agent.
  private let truncations = Locked(LogRateLimiter(period: .seconds(3_600), capacity: 4_096))

  /// Reads until the task is cancelled.
  func run() async {
    while !Task.isCancelled {
      do {
        try await read()
      } catch {
        logger.warning("events can't be read, trying again", metadata: ["reason": "\(error)"])
      }
      // Ends early when the task is cancelled.
      try? await Task.sleep(for: Self.pause)
    }
  }

  private func read() async throws(JetStreamError) {
    let stream = PlatformStorage.eventsStream
    let start = try await writer.checkpoint.start(
      in: stream, of: jetStream, after: writer.fold.withLock { $0.sequence })
    let options = OrderedConsumerOptions(deliverPolicy: start, batch: 2_048)
    for try await message in jetStream.orderedConsumer(stream: stream, options) {
      process(message)
    }
  }

  /// Measures the bytes stored for each agent until the task is cancelled, and purges an agent that exceeds its share.
  ///
  /// Uses a headers-only consumer of its own, because a server stores events faster than they are folded.
  func watchShares() async {
    var shares = EventShares(share: share, window: window)
    while !Task.isCancelled {
      do throws(JetStreamError) {
        let last = try await jetStream.stream(PlatformStorage.eventsStream).state.lastSequence
        let options = OrderedConsumerOptions(
          deliverPolicy: .startSequence(last + 1), headersOnly: true, batch: 2_048)
        for try await message in jetStream.orderedConsumer(stream: PlatformStorage.eventsStream, options) {
          guard let uuid = Self.agent(of: message.subject),
            let excess = shares.add(
              Self.storedSize(of: message), of: uuid, sequence: message.streamSequence, at: message.time)
          else { continue }
          await purge(uuid, excess, message)
        }
      } catch {
        logger.debug("sizes of events can't be read, trying again", metadata: ["reason": "\(error)"])
      }
      // Ends early when the task is cancelled.
      try? await Task.sleep(for: Self.pause)
    }
  }

  /// The bytes that a message takes in the stream, from a headers-only delivery. A publisher may forge `Nats-Msg-Size`; the server
  /// appends its own value, so the last one counts.
  static func storedSize(of message: JetStreamMessage) -> UInt32 {
    var size = UInt32(clamping: message.subject.utf8.count)
    for field in message.headers?.fields ?? [] {
      size =
        size.addingReportingOverflow(UInt32(clamping: field.name.utf8.count + field.value.utf8.count + 4))
        .partialValue
    }
    let payload = message.headers?.values("Nats-Msg-Size").last.flatMap { UInt32($0) } ?? 0
    let sum = size.addingReportingOverflow(payload)
    return sum.overflow ? .max : sum.partialValue
  }

  /// Purges the stored events of an agent that exceeded its share, so that it does not displace the events of others.
  private func purge(_ uuid: String, _ excess: EventShares.Excess, _ message: JetStreamMessage) async {
    counters.eventsPurged(of: uuid, bytes: excess.bytes)
    // Events that were not folded yet stay, unless the reader lags behind by more than a share.
    let next = writer.fold.withLock { $0.sequence } + 1
    let bound = next > excess.since ? min(next, message.streamSequence) : message.streamSequence
    do throws(JetStreamError) {
      let count = try await jetStream.purgeStream(
        PlatformStorage.eventsStream, subject: message.subject, before: bound)
      guard excess.shouldLog else { return }
      logger.warning(
        "an agent sends more events than its share, its stored ones are removed",
        metadata: ["agent": "\(uuid)", "bytes": "\(excess.bytes)", "messages": "\(count)"])
    } catch {
      logger.warning(
        "events of an agent that sends too many can't be removed",
        metadata: ["agent": "\(uuid)", "bytes": "\(excess.bytes)", "reason": "\(error)"])
    }
  }

  /// Folds one event and notifies the observer.
  private func process(_ message: JetStreamMessage) {
    let sequence = message.streamSequence
    let consequence: FleetFold.Consequence
    var messageID = ""
    var keepsJournal = false
    var read: InFlightResult?
    guard let uuid = Self.agent(of: message.subject) else {
      return writer.fold.withLock { $0.skip(sequence: sequence) }
    }
    do throws(InvalidEvent) {
      let event = try AgentEvent(parsing: Array(message.payload.readableBytesView))
      switch event {
      case .result: read = results.begin(sequence)
      case .capabilities(let capabilities):
        messageID = capabilities.messageID
        keepsJournal = capabilities.keepsJournal
      case .heartbeat(let heartbeat): messageID = heartbeat.messageID
      case .telemetry(let telemetry): reportTruncation(telemetry, of: uuid, at: message.time)
      case .alert, .progress: break
      }
      consequence = writer.fold.withLock { $0.fold(event, of: uuid, sequence: sequence, at: message.time) }
    } catch {
      writer.fold.withLock { $0.skip(sequence: sequence) }
      counters.eventRejected(error.counted)
      let shouldLog = rejections.withLock { $0.shouldLog(uuid, at: .seconds(message.time)) }
      logger.log(
        level: shouldLog ? .warning : .debug, "an event of an agent was rejected",
        metadata: [
          "agent": "\(uuid)", "reason": "\(error.counted.rawValue)",
          "bytes": .stringConvertible(message.payload.readableBytes),
        ])
      return
    }
    counters.eventsFolded()
    switch consequence {
    case .none: break
    case .announced: observer.announced(uuid, keepsJournal: keepsJournal, in: messageID, at: message.time)
    case .heartbeat: observer.heartbeat(of: uuid, in: messageID, at: message.time)
    case .cloneSuspected(let evidence):
      observer.heartbeat(of: uuid, in: messageID, at: message.time)
      observer.cloneSuspected(uuid, evidence: evidence)
    case .result(let result):
      guard let read else { break }
      if !observer.answered(result, of: uuid, read: read, at: message.time) { read.complete() }
    }
  }

  /// Counts and logs truncated telemetry.
  private func reportTruncation(_ telemetry: AgentEvent.Telemetry, of uuid: String, at time: Double) {
    guard let omitted = telemetry.omitted, omitted > 0 else { return }
    counters.telemetryTruncated()
    guard truncations.withLock({ $0.shouldLog(uuid, at: .seconds(time)) }) else { return }
    logger.warning(
      "an agent left out what its telemetry had no room for",
      metadata: [
        "agent": "\(uuid)", "omitted": .stringConvertible(omitted),
        "limit_bytes": .stringConvertible(PayloadLimits.announcement),
      ])
  }

  /// The uuid in a subject `agent.vm.{uuid}.evt`, in lower case; nil for another subject, and for a name that is not printable ASCII.
  static func agent(of subject: String) -> String? {
    let prefix = "agent.vm.".utf8
    let suffix = ".evt".utf8
    let bytes = subject.utf8
    guard bytes.count > prefix.count + suffix.count, bytes.starts(with: prefix),
      bytes.suffix(suffix.count).elementsEqual(suffix)
    else { return nil }
    let name = bytes.dropFirst(prefix.count).dropLast(suffix.count)
    guard name.count <= 128, name.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: ".") })
    else { return nil }
    let uuid = Substring(name).lowercased()
    return uuid == PlatformStorage.probe ? nil : uuid
  }
}
