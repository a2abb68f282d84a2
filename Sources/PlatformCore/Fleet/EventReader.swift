import JetStream
import Locks
import Logging
import NIOCore

/// Reads what agents tell, while this instance leads, and hands on what concerns commands.
struct EventReader: Sendable {
  /// What the events of an agent mean for its commands.
  protocol Observer: Sendable {
    /// It announced itself, at a time in unix seconds.
    func announced(_ uuid: String, at time: Double)
    /// It lives.
    func heartbeat(of uuid: String, at time: Double)
    /// A command was answered; `true` when that is dealt with later, by a call of ``ResultsInHand/end(_:)``.
    func answered(_ result: AgentEvent.Result, of uuid: String, sequence: UInt64, at time: Double) -> Bool
    /// Two machines seem to use the identity.
    func cloneSuspected(_ uuid: String, evidence: String)
  }

  private static let pause = Duration.seconds(1)

  let jetStream: JetStream
  let writer: FleetWriter
  let results: ResultsInHand
  let observer: any Observer
  let counters: PlatformCounters
  let logger: Logger

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
    var options = OrderedConsumerOptions(batch: 2048)
    let last = try await jetStream.stream(PlatformStorage.eventsStream).state.lastSequence
    let folded = writer.fold.withLock { $0.sequence }
    let checkpoint = folded > 0 ? folded : try await writer.checkpoint()
    // A stream that has fewer messages than were read was made anew.
    if let checkpoint, checkpoint <= last { options.deliverPolicy = .startSequence(checkpoint + 1) }
    for try await message in jetStream.orderedConsumer(
      stream: PlatformStorage.eventsStream, options)
    {
      take(message)
    }
  }

  /// Takes one event in.
  private func take(_ message: JetStreamMessage) {
    let sequence = message.streamSequence
    let consequence: FleetFold.Consequence
    guard let uuid = Self.agent(of: message.subject) else {
      return writer.fold.withLock { $0.skip(sequence: sequence) }
    }
    do {
      let event = try AgentEvent(parsing: Array(message.payload.readableBytesView))
      if case .result = event { results.begin(sequence) }
      consequence = writer.fold.withLock { $0.fold(event, of: uuid, sequence: sequence, at: message.time) }
    } catch {
      writer.fold.withLock { $0.skip(sequence: sequence) }
      logger.debug("an event was passed over", metadata: ["agent": "\(uuid)", "reason": "\(error)"])
      return
    }
    counters.eventsFolded()
    switch consequence {
    case .none: break
    case .announced: observer.announced(uuid, at: message.time)
    case .heartbeat: observer.heartbeat(of: uuid, at: message.time)
    case .cloneSuspected(let evidence):
      observer.heartbeat(of: uuid, at: message.time)
      observer.cloneSuspected(uuid, evidence: evidence)
    case .result(let result):
      let isInHand = observer.answered(result, of: uuid, sequence: sequence, at: message.time)
      if !isInHand { results.end(sequence) }
    }
  }

  /// Whose subject it is: `agent.vm.{uuid}.evt`.
  static func agent(of subject: String) -> String? {
    let prefix = "agent.vm."
    let suffix = ".evt"
    guard subject.hasPrefix(prefix), subject.hasSuffix(suffix) else { return nil }
    let uuid = subject.dropFirst(prefix.count).dropLast(suffix.count)
    guard !uuid.isEmpty, uuid.utf8.count <= 128, !uuid.utf8.contains(UInt8(ascii: ".")) else { return nil }
    return uuid.lowercased()
  }
}
