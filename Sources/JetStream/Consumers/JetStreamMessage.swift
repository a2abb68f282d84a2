import JSON
public import NATS
public import NIOCore

/// A message that a consumer delivered.
public struct JetStreamMessage: Sendable {
  private let message: NATSMessage
  private let metadata: MessageMetadata
  private let jetStream: JetStream

  /// A delivery; nil if `message` is none.
  init?(_ message: NATSMessage, _ jetStream: JetStream) {
    guard let replyTo = message.replyTo, let metadata = MessageMetadata(replyTo) else { return nil }
    self.message = message
    self.metadata = metadata
    self.jetStream = jetStream
  }

  /// The subject it was published to.
  public var subject: String { message.subject }
  /// Its headers, if it has any.
  public var headers: NATSHeaders? { message.headers }
  /// Its content.
  public var payload: ByteBuffer { message.payload }
  /// The stream it is in.
  public var stream: String { metadata.stream }
  /// The consumer that delivered it.
  public var consumer: String { metadata.consumer }
  /// Its number in the stream.
  public var streamSequence: UInt64 { metadata.streamSequence }
  /// The number of this delivery.
  public var consumerSequence: UInt64 { metadata.consumerSequence }
  /// How often it was delivered, this time included.
  public var deliveredCount: Int { metadata.deliveredCount }
  /// Messages that the consumer has still to deliver after this one.
  public var pending: UInt64 { metadata.pending }
  /// When the stream took it, in Unix seconds.
  public var time: Double { metadata.time }

  /// Says that it is done with, and does not wait whether the server hears it: where not, the message comes again.
  ///
  /// - Throws: as `NATSClient.publish` does.
  public func ack() throws(NATSError) { try answer("+ACK") }

  /// Says that it is done with, and waits until the server knows.
  ///
  /// - Throws: ``JetStreamError/Code/timeout``, ``JetStreamError/Code/noResponders`` without such a consumer.
  public func ackSync() async throws(JetStreamError) {
    let subject = message.replyTo ?? ""
    if case .failure(let error) = await jetStream.ask(
      Array("+ACK".utf8), subject, timeout: jetStream.timeout)
    {
      throw JetStreamError(error, about: "the acknowledgement of message \(streamSequence) of \(stream)")
    }
  }

  /// Says that it could not be done now: it comes again, after `delay` where there is one.
  ///
  /// - Throws: as `NATSClient.publish` does.
  public func nak(delay: Duration? = nil) throws(NATSError) {
    guard let delay else { return try answer("-NAK") }
    let options: JSONObject = ["delay": .nanoseconds(delay)]
    try answer("-NAK " + String(decoding: JSONWriter.encode(.object(options)), as: UTF8.self))
  }

  /// Says that it can never be done: it does not come again.
  ///
  /// - Throws: as `NATSClient.publish` does.
  public func term() throws(NATSError) { try answer("+TERM") }

  /// Says that it takes longer: the time for the acknowledgement begins again.
  ///
  /// - Throws: as `NATSClient.publish` does.
  public func inProgress() throws(NATSError) { try answer("+WPI") }

  private func answer(_ text: String) throws(NATSError) {
    try message.reply(Array(text.utf8))
  }
}
