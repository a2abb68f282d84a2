/// The messages of a stream in their order, without a gap and none twice, over reconnects, restarts of servers and leaders that
/// change: whenever something is wrong it makes its consumer anew, after the last message that was read.
///
/// Reading throws when the stream is gone or refuses the consumer, and ends when the client does or the task is cancelled. Every
/// reader has a consumer of its own.
public struct OrderedConsumer: AsyncSequence, Sendable {
  /// Messages.
  public typealias Element = JetStreamMessage
  /// Why no more can come.
  public typealias Failure = JetStreamError

  let jetStream: JetStream
  let stream: String
  let options: OrderedConsumerOptions

  /// Makes a reader.
  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(reader: OrderedReader(jetStream, stream: stream, options: options))
  }

  /// Reads the messages.
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
