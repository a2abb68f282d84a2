public import NIOCore

/// A message as it came.
///
/// Its parts stay in the bytes they came in until somebody asks for them; hold on to ``payload`` or a copy rather
/// than to many messages for long.
public struct NATSMessage: Sendable {
  let frame: MessageFrame
  let client: NATSClient?
  /// The number of the connection it came over, counted from 1. Permission to reply dies with the connection.
  public let connectionID: UInt64

  init(frame: MessageFrame, connectionID: UInt64, client: NATSClient?) {
    self.frame = frame
    self.client = client
    self.connectionID = connectionID
  }

  /// A message that did not come from a server, for tests of those who read messages.
  public init(
    subject: String, replyTo: String? = nil, headers: NATSHeaders? = nil, payload: ByteBuffer,
    connectionID: UInt64 = 0
  ) {
    frame = MessageFrame(subject: subject, replyTo: replyTo, headers: headers, payload: payload)
    client = nil
    self.connectionID = connectionID
  }

  /// The subject it was published to.
  public var subject: String { frame.subject }

  /// Where its publisher waits for a reply.
  public var replyTo: String? { frame.replyTo }

  /// Its headers, if it has any.
  public var headers: NATSHeaders? { frame.headers }

  /// The status in the first line of its headers, if a server put one there.
  public var status: NATSStatus? { frame.status }

  /// Its content.
  public var payload: ByteBuffer { frame.payload }

  /// Answers it over the client that it came from.
  ///
  /// - Throws: ``NATSError/Code/invalidSubject`` if it has no reply subject, and as
  ///   ``NATSClient/publish(_:to:replyTo:headers:)`` does.
  public func reply(_ payload: [UInt8], headers: NATSHeaders? = nil) throws(NATSError) {
    guard let replyTo, let client else {
      throw NATSError(.invalidSubject, "the message on \(subject) asks for no reply")
    }
    try client.publish(payload, to: replyTo, headers: headers)
  }

  /// Answers it over the client that it came from.
  ///
  /// - Throws: as the other `reply` does.
  public func reply(_ payload: ByteBuffer, headers: NATSHeaders? = nil) throws(NATSError) {
    guard let replyTo, let client else {
      throw NATSError(.invalidSubject, "the message on \(subject) asks for no reply")
    }
    try client.publish(payload, to: replyTo, headers: headers)
  }
}
