import NATS

/// Reads a stream in order, by a consumer that is made anew whenever something is wrong.
final class OrderedReader {
  enum Event {
    /// A consumer was made that has so many messages to deliver.
    case opened(pending: UInt64)
    case message(JetStreamMessage)
  }

  /// How long the server keeps a consumer that nobody pulls from.
  private static let inactiveThreshold = Duration.seconds(60)
  /// How long a stream may seem to be gone, or refuse the consumer, that was there before.
  private static let grace = Duration.seconds(15)
  private static let longestPause = Duration.seconds(4)
  /// How long the first tries to make the consumer wait for an answer; later ones wait for the timeout of requests.
  ///
  /// nats-server puts a consumer of one copy on any server that it holds for alive, for half a minute after that died. Nobody
  /// answers then, whoever is asked: only a consumer of another name may be put elsewhere.
  private static let shortWaits: [Duration] = [
    .milliseconds(500), .milliseconds(500), .seconds(1), .seconds(1), .seconds(2),
  ]

  private let jetStream: JetStream
  private let stream: String
  private let options: OrderedConsumerOptions
  private let pulls: PullStream
  private var sequence = OrderedSequence()
  private var consumer: String?
  private var wasOpen = false
  private var isOver = false

  init(_ jetStream: JetStream, stream: String, options: OrderedConsumerOptions) {
    self.jetStream = jetStream
    self.stream = stream
    self.options = options
    pulls = PullStream(jetStream, stream: stream, batch: options.batch, heartbeat: options.heartbeat)
  }

  deinit {
    abandon()
  }

  /// What happens next; nil when the client is closed or the task cancelled.
  func next() async throws(JetStreamError) -> Event? {
    guard !isOver else { return nil }
    do throws(JetStreamError) {
      if let event = try await read() { return event }
      finish()
      return nil
    } catch {
      finish()
      if error.code == .cancelled { return nil }
      throw error
    }
  }

  private func finish() {
    isOver = true
    pulls.close()
    abandon()
  }

  private func read() async throws(JetStreamError) -> Event? {
    while true {
      guard let consumer else {
        guard let pending = try await open() else { return nil }
        return .opened(pending: pending)
      }
      switch try await pulls.next() {
      case .message(let message):
        guard message.consumer == consumer else { continue }
        switch sequence.judge(
          streamSequence: message.streamSequence, consumerSequence: message.consumerSequence)
        {
        case .next: return .message(message)
        case .duplicate: continue
        case .gap: abandon()
        }
      case .interrupted(.refused(let reason)):
        throw JetStreamError(.invalidArgument, "stream \(stream) refuses to be read in order: \(reason)")
      case .interrupted: abandon()
      case .end: return nil
      }
    }
  }

  /// Leaves the consumer to the server, which need not hear of it: it goes by itself when nobody pulls.
  private func abandon() {
    guard let name = consumer else { return }
    consumer = nil
    delete(name)
  }

  private func delete(_ name: String) {
    try? jetStream.client.publish(
      [UInt8](), to: "\(jetStream.apiPrefix).CONSUMER.DELETE.\(stream).\(name)")
  }

  // MARK: Making the consumer

  /// Makes the consumer, and tries again as long as that may help.
  ///
  /// - Returns: how many messages it has to deliver; nil if the client is closed.
  private func open() async throws(JetStreamError) -> UInt64? {
    var pause = JetStream.pause
    let patience = ContinuousClock.now + Self.grace
    var shortWaits = Self.shortWaits[...]
    while true {
      let name = Name.unique()
      let wait = shortWaits.popFirst()
      do throws(JetStreamError) {
        if sequence.lastStreamSequence > 0, try await hasStreamBegunAnew() { sequence.streamBeganAnew() }
        return try await make(name, within: min(wait ?? jetStream.timeout, jetStream.timeout))
      } catch {
        if jetStream.client.state == .closed { return nil }
        switch error.code {
        case .cancelled, .invalidArgument: throw error
        case .notFound, .api, .wrongLastSequence, .unusableReply:
          guard wasOpen, ContinuousClock.now < patience else { throw error }
        case .timeout:
          // It may be made yet.
          delete(name)
          if wait != nil { continue }
        case .noResponders, .nats: break
        }
      }
      // Jitter: many readers lose the same server at the same time.
      try await JetStream.sleep(pause * Double.random(in: 0.5...1))
      pause = min(pause * 2, Self.longestPause)
    }
  }

  private func make(_ name: String, within limit: Duration) async throws(JetStreamError) -> UInt64 {
    var configuration = ConsumerConfiguration(name: name, filterSubjects: options.filterSubjects)
    configuration.isDurable = false
    configuration.deliverPolicy = sequence.deliverPolicy(from: options.deliverPolicy)
    configuration.ackPolicy = .none
    configuration.maxDeliver = 1
    configuration.headersOnly = options.headersOnly
    configuration.inactiveThreshold = Self.inactiveThreshold
    configuration.replicas = 1
    configuration.isMemory = true
    let info = try await JetStream(jetStream.client, timeout: limit, apiPrefix: jetStream.apiPrefix)
      .makeConsumer(stream: stream, configuration)
    consumer = info.name
    wasOpen = true
    let beginsWithNew = configuration.deliverPolicy == .new
    sequence.consumerMade(skipped: beginsWithNew ? info.deliveredStreamSequence : nil)
    try pulls.open(consumer: info.name)
    return info.pending
  }

  /// Whether the stream has fewer messages behind it than were read: it was made anew, or lost what it kept in memory.
  private func hasStreamBegunAnew() async throws(JetStreamError) -> Bool {
    // A leader that has just taken over may still read what it has.
    for attempt in 0..<4 {
      if attempt > 0 { try await JetStream.sleep(JetStream.pause) }
      if try await jetStream.stream(stream).state.lastSequence >= sequence.lastStreamSequence { return false }
    }
    return true
  }
}
