/// A pull consumer.
public final class Consumer: Sendable {
  let jetStream: JetStream
  /// The name of the stream.
  public let stream: String
  /// The name of the consumer.
  public let name: String

  init(jetStream: JetStream, stream: String, name: String) {
    self.jetStream = jetStream
    self.stream = stream
    self.name = name
  }

  /// Returns the state of the consumer.
  ///
  /// - Throws: ``JetStreamError/Code/notFound`` if it was deleted.
  public func info() async throws(JetStreamError) -> ConsumerInfo {
    try await jetStream.consumerInfo(stream: stream, name: name)
  }

  /// A sequence of all messages. Its iterator keeps pulling across reconnects and leader changes. It ends when the client is closed
  /// or the task is cancelled.
  ///
  /// - Parameters:
  ///   - batch: maximum number of messages in flight, 1 to 10,000.
  ///   - heartbeat: interval of the idle heartbeats of the server. After two missing heartbeats the iterator pulls again.
  public func messages(batch: Int = 256, heartbeat: Duration = .seconds(2)) -> ConsumerMessages {
    ConsumerMessages(consumer: self, batch: batch, heartbeat: heartbeat)
  }
}
