import JSON
public import NATS

extension JetStream {
  /// Attempts to publish a message while there are no responders (ADR-22).
  private static let publishAttempts = 3

  /// Publishes a message and waits for the acknowledgement of the stream.
  ///
  /// Without responders the publish is retried twice, 250 ms apart (ADR-22), as a stream has no leader for a moment after its
  /// leader failed. With a `messageID` the caller can safely publish again after a timeout.
  ///
  /// - Throws: ``JetStreamError/Code/noResponders`` if no stream has the subject; ``JetStreamError/Code/timeout`` (the
  ///   message may be stored); ``JetStreamError/Code/wrongLastSequence`` if an expected sequence differs;
  ///   ``JetStreamError/Code/api(_:)``.
  @discardableResult
  public func publish(
    _ payload: [UInt8], to subject: String, headers: NATSHeaders? = nil,
    expectations: PublishExpectations = .init(), messageID: String? = nil
  ) async throws(JetStreamError) -> PublishAck {
    let what = "a message on \(subject)"
    let headers = try Self.headers(headers, expectations, messageID, about: what)
    let deadline = ContinuousClock.now + timeout
    var attempts = Self.publishAttempts
    while true {
      switch await sendRequest(payload, subject, headers: headers, timeout: deadline - .now) {
      case .success(let reply):
        let object = try Self.object(reply.payload, about: what)
        if let failure = APIFailure(object) { throw failure.error(about: what) }
        guard let ack = PublishAck(object) else { throw .unusable(what) }
        return ack
      case .failure(let error):
        attempts -= 1
        guard error.code == .noResponders, attempts > 0, deadline - .now > Self.pause else {
          throw JetStreamError(error, about: what)
        }
      }
      try await Self.sleep(Self.pause)
    }
  }

  private static func headers(
    _ given: NATSHeaders?, _ expectations: PublishExpectations, _ messageID: String?, about what: String
  ) throws(JetStreamError) -> NATSHeaders? {
    var headers = given ?? NATSHeaders()
    do throws(NATSError) {
      if let messageID { try headers.set("Nats-Msg-Id", messageID) }
      if let stream = expectations.stream { try headers.set("Nats-Expected-Stream", stream) }
      if let sequence = expectations.lastSequence {
        try headers.set("Nats-Expected-Last-Sequence", String(sequence))
      }
      if let sequence = expectations.lastSubjectSequence {
        try headers.set("Nats-Expected-Last-Subject-Sequence", String(sequence))
      }
      if let id = expectations.lastMessageID { try headers.set("Nats-Expected-Last-Msg-Id", id) }
    } catch {
      throw JetStreamError(error, about: what)
    }
    return headers.isEmpty ? nil : headers
  }
}

/// Conditions on a stream, without which it rejects a message (`Nats-Expected-*`).
public struct PublishExpectations: Sendable, Hashable {
  /// The name of the stream.
  public var stream: String?
  /// The sequence of the last message; zero for none.
  public var lastSequence: UInt64?
  /// The sequence of the last message on the same subject; zero for none.
  public var lastSubjectSequence: UInt64?
  /// The id of the last message.
  public var lastMessageID: String?

  /// Creates expectations; none by default.
  public init(
    stream: String? = nil, lastSequence: UInt64? = nil, lastSubjectSequence: UInt64? = nil,
    lastMessageID: String? = nil
  ) {
    self.stream = stream
    self.lastSequence = lastSequence
    self.lastSubjectSequence = lastSubjectSequence
    self.lastMessageID = lastMessageID
  }
}

/// The acknowledgement of a published message.
public struct PublishAck: Sendable, Hashable {
  /// The stream.
  public var stream: String
  /// The sequence of the message in the stream.
  public var sequence: UInt64
  /// Whether the stream already had a message with this id, and discarded the new one.
  public var isDuplicate: Bool

  init?(_ json: JSONObject) {
    stream = json.text("stream")
    sequence = json.sequence("seq")
    isDuplicate = json.flag("duplicate")
    guard !stream.isEmpty, sequence > 0 else { return nil }
  }
}
