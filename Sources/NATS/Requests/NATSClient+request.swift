import Locks
public import NIOCore

extension NATSClient {
  /// Publishes a request and waits for the first reply.
  ///
  /// All replies arrive through one subscription of this client.
  ///
  /// - Throws: ``NATSError/Code/noResponders`` as soon as the server reports that the subject has no subscribers;
  ///   ``NATSError/Code/timeout``, ``NATSError/Code/cancelled``, ``NATSError/Code/connectionClosed``; and the errors of
  ///   ``publish(_:to:replyTo:headers:)``.
  public func request(
    _ payload: [UInt8], to subject: String, headers: NATSHeaders? = nil, timeout: Duration = .seconds(5)
  ) async throws(NATSError) -> NATSMessage {
    try await request(ByteBuffer(bytes: payload), to: subject, headers: headers, timeout: timeout)
  }

  /// Publishes a request and waits for the first reply. Same as the overload for `[UInt8]`.
  public func request(
    _ payload: ByteBuffer, to subject: String, headers: NATSHeaders? = nil, timeout: Duration = .seconds(5)
  ) async throws(NATSError) -> NATSMessage {
    try subscribeToReplies()
    let reply = try await wait(for: .reply(subject: subject), timeout: timeout) {
      [self] id throws(NATSError) in
      try publish(payload, to: subject, replyTo: "\(repliesPrefix).\(id)", headers: headers)
    }
    guard let reply else { throw NATSError(.connectionClosed, "the client is closed", subject: subject) }
    if reply.frame.layout.headersLength > 0, reply.frame.layout.payloadLength == 0,
      reply.status?.code == NATSStatus.noResponders
    {
      throw NATSError(.noResponders, "no responders: \(subject) has no subscribers", subject: subject)
    }
    return reply
  }

  private func subscribeToReplies() throws(NATSError) {
    let isValid = Self.withBytes(of: repliesPrefix) { Subject.isPublishable($0) }
    guard isValid else {
      throw NATSError(
        .invalidSubject, "the inbox prefix of the configuration is not a valid subject",
        subject: repliesPrefix)
    }
    let outcome: OutboundQueue.Outcome = subscriptions.withLock { table in
      // Every request retries the subscription that the server refused.
      guard !table.hasReplies || table.refused[SubscriptionTable.repliesSID] != nil else { return .accepted }
      table.hasReplies = true
      return outbound.withLock { queue in
        queue.control {
          ClientOperationEncoder.subscribe(
            sid: SubscriptionTable.repliesSID, subject: repliesSubject, queue: nil, into: &$0)
        }
      }
    }
    switch outcome {
    case .acceptedNeedsFlush: wakeLoop()
    case .closed: throw NATSError(.connectionClosed, "the client is closed")
    default: break
    }
  }

  /// Resumes the waiter of a reply. A late or repeated reply has no waiter and is dropped.
  func receiveReply(_ frame: MessageFrame, connectionID: UInt64) {
    let prefix = repliesPrefix.utf8.count + 1
    let id: UInt64? = frame.withSubject { subject in
      guard subject.count > prefix, subject.count <= prefix + 19 else { return nil }
      var value: UInt64 = 0
      for byte in subject[prefix...] {
        guard byte >= 0x30, byte <= 0x39 else { return nil }
        value = value * 10 + UInt64(byte - 0x30)
      }
      return value
    }
    guard let id, let waiter = waiters.withLock({ $0.removeReply(id) }) else { return }
    waiter.continuation.resume(
      returning: .success(NATSMessage(frame: frame, connectionID: connectionID, client: self)))
  }
}

/// Unguessable suffixes of inbox subjects.
enum Inbox {
  private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

  /// 22 random characters: 131 bits.
  static func unique() -> String {
    var generator = SystemRandomNumberGenerator()
    return unique(using: &generator)
  }

  static func unique(using generator: inout some RandomNumberGenerator) -> String {
    var text: [UInt8] = []
    for _ in 0..<22 { text.append(alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]) }
    return String(decoding: text, as: UTF8.self)
  }
}
