/// A consumer that messages are pulled from.
public final class Consumer: Sendable {
  let jetStream: JetStream
  /// The stream.
  public let stream: String
  /// Its name.
  public let name: String

  init(jetStream: JetStream, stream: String, name: String) {
    self.jetStream = jetStream
    self.stream = stream
    self.name = name
  }

  /// Where it stands.
  ///
  /// - Throws: ``JetStreamError/Code/notFound`` if it was deleted.
  public func info() async throws(JetStreamError) -> ConsumerInfo {
    try await jetStream.consumerInfo(stream: stream, name: name)
  }

  /// All messages, as they come: it keeps pulling, over reconnects and leaders that change, and ends when the client does or
  /// the task is cancelled.
  ///
  /// - Parameters:
  ///   - batch: how many messages may be on their way at once, 1 to 10,000.
  ///   - heartbeat: how often the server gives a sign of life while nothing comes. After two that fail it pulls anew.
  public func messages(batch: Int = 256, heartbeat: Duration = .seconds(2)) -> ConsumerMessages {
    ConsumerMessages(consumer: self, batch: batch, heartbeat: heartbeat)
  }
}
