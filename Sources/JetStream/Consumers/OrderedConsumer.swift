/// The messages of a stream in order, without gaps and duplicates, across reconnects, restarts of servers and leader changes. After
/// a failure the iterator creates a new consumer that starts after the last message.
///
/// The iterator throws if the stream does not exist or rejects the consumer, and ends when the client is closed or the task is
/// cancelled. Each iterator has its own consumer.
public struct OrderedConsumer: AsyncSequence, Sendable {
  /// A delivered message.
  public typealias Element = JetStreamMessage
  /// The error of the iterator.
  public typealias Failure = JetStreamError

  let jetStream: JetStream
  let stream: String
  let options: OrderedConsumerOptions

  /// Creates an iterator.
  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(reader: OrderedReader(jetStream, stream: stream, options: options))
  }

  /// The iterator of the messages.
  public struct AsyncIterator: AsyncIteratorProtocol {
    let reader: OrderedReader

    /// The next message; nil at the end.
    public mutating func next() async throws(JetStreamError) -> JetStreamMessage? {
      try await next(isolation: #isolation)
    }

    /// The next message; nil at the end.
    public mutating func next(
      isolation actor: isolated (any Actor)?
    ) async throws(JetStreamError) -> JetStreamMessage? {
      while let event = try await reader.next() {
        if case .message(let message) = event { return message }
      }
      return nil
    }
  }
}

/// Options of an ordered consumer.
public struct OrderedConsumerOptions: Sendable, Hashable {
  /// Where to start in the stream.
  public var deliverPolicy: ConsumerConfiguration.DeliverPolicy
  /// The subjects to deliver; empty for all.
  public var filterSubjects: [String]
  /// Whether payloads are omitted.
  public var headersOnly: Bool
  /// Maximum number of messages in flight, 1 to 10,000.
  public var batch: Int
  /// Interval of the idle heartbeats of the server. After two missing heartbeats a new consumer resumes at the same position.
  public var heartbeat: Duration

  /// Creates options; by default for all messages.
  public init(
    deliverPolicy: ConsumerConfiguration.DeliverPolicy = .all, filterSubjects: [String] = [],
    headersOnly: Bool = false, batch: Int = 512, heartbeat: Duration = .seconds(2)
  ) {
    self.deliverPolicy = deliverPolicy
    self.filterSubjects = filterSubjects
    self.headersOnly = headersOnly
    self.batch = batch
    self.heartbeat = heartbeat
  }
}
