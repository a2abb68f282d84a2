/// What must be true of a stream, or the message is refused (`Nats-Expected-*`).
public struct PublishExpectations: Sendable, Hashable {
  /// The stream that takes it.
  public var stream: String?
  /// The number of its last message; zero for none.
  public var lastSequence: UInt64?
  /// The number of the last message on the same subject; zero for none.
  public var lastSubjectSequence: UInt64?
  /// The id of its last message.
  public var lastMessageID: String?

  /// No expectations but these.
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
