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
