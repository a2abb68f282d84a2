public import NIOCore

/// A received message.
///
/// Its parts are decoded on access, and it keeps the receive buffer alive. Keep a copy of ``payload`` rather than the message if
/// it is needed for long.
public struct NATSMessage: Sendable {
  let frame: MessageFrame
  let client: NATSClient?
  /// The ID of the connection that the message arrived on, counted from 1. The permission to reply ends with that connection.
  public let connectionID: UInt64

  init(frame: MessageFrame, connectionID: UInt64, client: NATSClient?) {
    self.frame = frame
    self.client = client
    self.connectionID = connectionID
  }

  /// Creates a message without a server, for tests.
  public init(
    subject: String, replyTo: String? = nil, headers: NATSHeaders? = nil, payload: ByteBuffer,
    connectionID: UInt64 = 0
  ) {
    frame = MessageFrame(subject: subject, replyTo: replyTo, headers: headers, payload: payload)
    client = nil
    self.connectionID = connectionID
  }

  /// The subject that the message was published to.
  public var subject: String { frame.subject }

  /// The subject to reply to, if the publisher expects a reply.
  public var replyTo: String? { frame.replyTo }

  /// The headers, if there are any.
  public var headers: NATSHeaders? { frame.headers }

  /// The status in the first line of the headers, if there is one.
  public var status: NATSStatus? { frame.status }

  /// The payload.
  public var payload: ByteBuffer { frame.payload }

  /// Publishes a reply over the client that received the message.
  ///
  /// - Throws: ``NATSError/Code/invalidSubject`` if the message has no reply subject, and the errors of
  ///   ``NATSClient/publish(_:to:replyTo:headers:)``.
  public func reply(_ payload: [UInt8], headers: NATSHeaders? = nil) throws(NATSError) {
    guard let replyTo, let client else {
      throw NATSError(.invalidSubject, "the message on \(subject) has no reply subject")
    }
    try client.publish(payload, to: replyTo, headers: headers)
  }

  /// Publishes a reply over the client that received the message. Same as the overload for `[UInt8]`.
  public func reply(_ payload: ByteBuffer, headers: NATSHeaders? = nil) throws(NATSError) {
    guard let replyTo, let client else {
      throw NATSError(.invalidSubject, "the message on \(subject) has no reply subject")
    }
    try client.publish(payload, to: replyTo, headers: headers)
  }
}
