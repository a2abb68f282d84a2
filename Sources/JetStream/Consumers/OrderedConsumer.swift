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
