import AgentProtocol
import JetStream
import Locks
import Logging
import NATS
import NIOCore

/// Reads what agents tell, while this instance leads, and hands on what concerns commands.
struct EventReader: Sendable {
  /// What the events of an agent mean for its commands.
  protocol Observer: Sendable {
    /// It announced itself, at a time in unix seconds, in the message with that id.
    func announced(_ uuid: String, keepsJournal: Bool, in messageID: String, at time: Double)
    /// It lives.
    func heartbeat(of uuid: String, in messageID: String, at time: Double)
    /// A command was answered; `true` when that is dealt with later, by a call of ``InFlightResult/complete()``.
    func answered(_ result: AgentEvent.Result, of uuid: String, read: InFlightResult, at time: Double) -> Bool
    /// Two machines seem to use the identity.
    func cloneSuspected(_ uuid: String, evidence: String)
  }

  private static let pause = Duration.seconds(1)

  let jetStream: JetStream
  let writer: FleetWriter
  let results: InFlightResults
  let observer: any Observer
  /// Bytes of the stream that one agent may take at a time and again within ``window``.
  let share: Int
  /// For how long the stream keeps events, in seconds.
  let window: Double
  let counters: PlatformCounters
  let logger: Logger
  /// Which agents' rejected events were logged within a minute.
  private let rejections = Locked(AgentLogLimiter(period: 60))
  /// Which agents' shortened telemetry was logged within an hour.
  private let truncations = Locked(AgentLogLimiter(period: 3_600))

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
      take(message)
    }
  }

  /// Counts the bytes of each agent until the task is cancelled.
  ///
  /// The sizes come without the payloads, by a consumer of their own: events are not folded as fast as a server stores them.
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

  /// How many bytes a message takes in the stream, by a delivery without its payload. A publisher may set the header that the server
  /// appends, so its last value counts.
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

  /// Removes what is stored of an agent that took more than its share, so that it does not drive out the events of others.
  private func purge(_ uuid: String, _ excess: EventShares.Excess, _ message: JetStreamMessage) async {
    counters.eventsPurged(of: uuid, bytes: excess.bytes)
    // What was not folded yet stays, unless the reader lags behind by more than a share.
    let next = writer.fold.withLock { $0.sequence } + 1
    let bound = next > excess.since ? min(next, message.streamSequence) : message.streamSequence
    do throws(JetStreamError) {
      let count = try await jetStream.purgeStream(
        PlatformStorage.eventsStream, subject: message.subject, before: bound)
      guard excess.isNew else { return }
      logger.warning(
        "an agent sends more events than its share, its stored ones are removed",
        metadata: ["agent": "\(uuid)", "bytes": "\(excess.bytes)", "messages": "\(count)"])
    } catch {
      logger.warning(
        "events of an agent that sends too many can't be removed",
        metadata: ["agent": "\(uuid)", "bytes": "\(excess.bytes)", "reason": "\(error)"])
    }
  }

  /// Takes one event in.
  private func take(_ message: JetStreamMessage) {
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
      case .telemetry(let telemetry): note(telemetry, of: uuid, at: message.time)
      case .alert, .progress: break
      }
      consequence = writer.fold.withLock { $0.fold(event, of: uuid, sequence: sequence, at: message.time) }
    } catch {
      writer.fold.withLock { $0.skip(sequence: sequence) }
      counters.eventRejected(error.counted)
      let isNew = rejections.withLock { $0.isDue(uuid, at: message.time) }
      logger.log(
        level: isNew ? .warning : .debug, "an event of an agent was rejected",
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

  /// Counts and logs that an agent has left out what its telemetry had no room for.
  private func note(_ telemetry: AgentEvent.Telemetry, of uuid: String, at time: Double) {
    guard let omitted = telemetry.omitted, omitted > 0 else { return }
    counters.telemetryTruncated()
    guard truncations.withLock({ $0.isDue(uuid, at: time) }) else { return }
    logger.warning(
      "an agent left out what its telemetry had no room for",
      metadata: [
        "agent": "\(uuid)", "omitted": .stringConvertible(omitted),
        "limit_bytes": .stringConvertible(PayloadLimits.announcement),
      ])
  }

  /// Whose subject it is: `agent.vm.{uuid}.evt`; nil for one that is no agent's.
  static func agent(of subject: String) -> String? {
    let prefix = "agent.vm."
    let suffix = ".evt"
    guard subject.hasPrefix(prefix), subject.hasSuffix(suffix) else { return nil }
    let uuid = subject.dropFirst(prefix.count).dropLast(suffix.count)
    guard !uuid.isEmpty, uuid.utf8.count <= 128, !uuid.utf8.contains(UInt8(ascii: ".")) else { return nil }
    return uuid == PlatformStorage.probe ? nil : uuid.lowercased()
  }
}
