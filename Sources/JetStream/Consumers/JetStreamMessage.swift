import JSON
public import NATS
public import NIOCore

/// A message that a consumer delivered.
public struct JetStreamMessage: Sendable {
  private let message: NATSMessage
  private let metadata: MessageMetadata
  private let jetStream: JetStream

  /// Creates a delivered message; nil if `message` is not a delivery.
  init?(_ message: NATSMessage, _ jetStream: JetStream) {
    guard let replyTo = message.replyTo, let metadata = MessageMetadata(replyTo) else { return nil }
    self.message = message
    self.metadata = metadata
    self.jetStream = jetStream
  }

  /// The subject it was published to.
  public var subject: String { message.subject }
  /// Its headers; nil if there are none.
  public var headers: NATSHeaders? { message.headers }
  /// Its payload.
  public var payload: ByteBuffer { message.payload }
  /// The name of the stream.
  public var stream: String { metadata.stream }
  /// The name of the consumer.
  public var consumer: String { metadata.consumer }
  /// Its sequence in the stream.
  public var streamSequence: UInt64 { metadata.streamSequence }
  /// The sequence of this delivery.
  public var consumerSequence: UInt64 { metadata.consumerSequence }
  /// Number of deliveries, including this one.
  public var deliveredCount: Int { metadata.deliveredCount }
  /// Number of messages that the consumer has yet to deliver after this one.
  public var pending: UInt64 { metadata.pending }
  /// When the stream stored it, in Unix seconds.
  public var time: Double { metadata.time }

  /// Acknowledges the message without waiting for the server. If the acknowledgement is lost, the message is redelivered.
  ///
  /// - Throws: as `NATSClient.publish` does.
  public func ack() throws(NATSError) { try reply("+ACK") }

  /// Acknowledges the message and waits for the confirmation of the server.
  ///
  /// - Throws: ``JetStreamError/Code/timeout``, ``JetStreamError/Code/noResponders`` if the consumer does not exist.
  public func ackSync() async throws(JetStreamError) {
    let subject = message.replyTo ?? ""
    if case .failure(let error) = await jetStream.sendRequest(
      Array("+ACK".utf8), subject, timeout: jetStream.timeout)
    {
      throw JetStreamError(error, about: "the acknowledgement of message \(streamSequence) of \(stream)")
    }
  }

  /// Rejects the message for now. It is redelivered, after `delay` if given.
  ///
  /// - Throws: as `NATSClient.publish` does.
  public func nak(delay: Duration? = nil) throws(NATSError) {
    guard let delay else { return try reply("-NAK") }
    let options: JSONObject = ["delay": .nanoseconds(delay)]
    try reply("-NAK " + String(decoding: JSONWriter.encode(.object(options)), as: UTF8.self))
  }

  /// Rejects the message for good. It is not redelivered.
  ///
  /// - Throws: as `NATSClient.publish` does.
  public func term() throws(NATSError) { try reply("+TERM") }

  /// Extends the time for the acknowledgement, as the processing takes longer.
  ///
  /// - Throws: as `NATSClient.publish` does.
  public func inProgress() throws(NATSError) { try reply("+WPI") }

  private func reply(_ text: String) throws(NATSError) {
    try message.reply(Array(text.utf8))
  }
}

/// The metadata of a delivered message, encoded in its reply subject:
/// `$JS.ACK.[domain.account.]stream.consumer.delivered.stream sequence.consumer sequence.time.pending[.token]`.
struct MessageMetadata: Hashable {
  var stream: String
  var consumer: String
  var deliveredCount: Int
  var streamSequence: UInt64
  var consumerSequence: UInt64
  /// Unix seconds.
  var time: Double
  var pending: UInt64

  /// Parses a reply subject; nil if it is not that of a delivery.
  init?(_ replyTo: String) {
    let tokens = replyTo.utf8.split(
      separator: UInt8(ascii: "."), maxSplits: 16, omittingEmptySubsequences: false)
    guard tokens.count == 9 || tokens.count == 11 || tokens.count == 12,
      tokens[0].elementsEqual("$JS".utf8), tokens[1].elementsEqual("ACK".utf8)
    else { return nil }
    let at = tokens.count == 9 ? 2 : 4
    guard !tokens[at].isEmpty, !tokens[at + 1].isEmpty, let delivered = UInt64(Substring(tokens[at + 2])),
      let streamSequence = UInt64(Substring(tokens[at + 3])),
      let consumerSequence = UInt64(Substring(tokens[at + 4])),
      let nanoseconds = Int64(Substring(tokens[at + 5])), let pending = UInt64(Substring(tokens[at + 6]))
    else { return nil }
    stream = String(Substring(tokens[at]))
    consumer = String(Substring(tokens[at + 1]))
    deliveredCount = Int(clamping: delivered)
    self.streamSequence = streamSequence
    self.consumerSequence = consumerSequence
    time = Double(nanoseconds) / 1e9
    self.pending = pending
  }
}
