import Encoding
import NATS

/// Reads a stream in order, with a consumer that is replaced after failures.
final class OrderedReader {
  enum Event {
    /// A consumer was created, with the given number of messages to deliver.
    case opened(pending: UInt64)
    case message(JetStreamMessage)
  }

  /// Time after which the server deletes an inactive consumer.
  private static let inactiveThreshold = Duration.seconds(60)
  /// How long errors about a missing stream or a rejected consumer are tolerated if the stream was read before.
  private static let grace = Duration.seconds(15)
  private static let longestPause = Duration.seconds(4)
  /// Timeouts of the first attempts to create the consumer. Later attempts have the timeout of requests.
  ///
  /// For half a minute after a server has failed, nats-server still places consumers with one replica on it. Requests for such a
  /// consumer get no response from any server. Only a consumer with another name may be placed elsewhere.
  private static let shortTimeouts: [Duration] = [
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

  /// The next event; nil when the client is closed or the task is cancelled.
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
        guard message.consumer.hasSameBytes(as: consumer) else { continue }
        switch sequence.check(
          streamSequence: message.streamSequence, consumerSequence: message.consumerSequence)
        {
        case .next: return .message(message)
        case .duplicate: continue
        case .gap: abandon()
        }
      case .interrupted(.refused(let reason)):
        throw JetStreamError(.invalidArgument, "stream \(stream) rejects ordered consumers: \(reason)")
      case .interrupted: abandon()
      case .end: return nil
      }
    }
  }

  /// Requests the deletion of the consumer without waiting. If the request is lost, the server deletes the inactive consumer.
  private func abandon() {
    guard let name = consumer else { return }
    consumer = nil
    delete(name)
  }

  private func delete(_ name: String) {
    try? jetStream.client.publish(
      [UInt8](), to: "\(jetStream.apiPrefix).CONSUMER.DELETE.\(stream).\(name)")
  }

  // MARK: Creating the consumer

  /// Creates the consumer, with retries after errors that may be temporary.
  ///
  /// - Returns: the number of messages it has to deliver; nil if the client is closed.
  private func open() async throws(JetStreamError) -> UInt64? {
    var pause = JetStream.pause
    let deadline = ContinuousClock.now + Self.grace
    var shortTimeouts = Self.shortTimeouts[...]
    while true {
      let name = Name.unique()
      let wait = shortTimeouts.popFirst()
      do throws(JetStreamError) {
        if sequence.lastStreamSequence > 0, try await isStreamReset() { sequence.streamReset() }
        return try await make(name, within: min(wait ?? jetStream.timeout, jetStream.timeout))
      } catch {
        if jetStream.client.state == .closed { return nil }
        switch error.code {
        case .cancelled, .invalidArgument: throw error
        case .notFound, .api, .wrongLastSequence, .unusableReply:
          guard wasOpen, ContinuousClock.now < deadline else { throw error }
        case .timeout:
          // The consumer may still be created.
          delete(name)
          if wait != nil { continue }
        case .noResponders, .nats: break
        }
      }
      // Jitter, as many readers lose the same server at the same time.
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
      .createOrUpdateConsumer(stream: stream, configuration)
    consumer = info.name
    wasOpen = true
    let startsWithNew = configuration.deliverPolicy == .new
    sequence.consumerCreated(skipped: startsWithNew ? info.deliveredStreamSequence : nil)
    try pulls.open(consumer: info.name)
    return info.pending
  }

  /// Whether the last sequence of the stream is below the last one read: it was recreated, or lost its memory storage.
  private func isStreamReset() async throws(JetStreamError) -> Bool {
    // A newly elected leader may still be loading its messages.
    for attempt in 0..<4 {
      if attempt > 0 { try await JetStream.sleep(JetStream.pause) }
      if try await jetStream.stream(stream).state.lastSequence >= sequence.lastStreamSequence { return false }
    }
    return true
  }
}
