/// The position of an ordered consumer, which detects gaps and duplicates (ADR-17).
struct OrderedSequence: Hashable {
  enum Verdict: Hashable {
    case next
    /// The message was received before.
    case duplicate
    /// A previous message is missing.
    case gap
  }

  /// The stream sequence of the last message; zero for none.
  private(set) var lastStreamSequence: UInt64 = 0
  /// The consumer sequence of the last delivery of the current consumer.
  private var lastConsumerSequence: UInt64 = 0

  /// Checks a delivery of the current consumer, and advances if it is the next one.
  mutating func check(streamSequence: UInt64, consumerSequence: UInt64) -> Verdict {
    if consumerSequence <= lastConsumerSequence { return .duplicate }
    guard consumerSequence - lastConsumerSequence == 1 else { return .gap }
    lastConsumerSequence = consumerSequence
    // A new consumer starts after the last message. A lower sequence was received before.
    guard streamSequence > lastStreamSequence else { return .duplicate }
    lastStreamSequence = streamSequence
    return .next
  }

  /// Switches to a new consumer, whose deliveries count from 1.
  ///
  /// - Parameter skipped: the stream sequence of the last message that it does not deliver, if known.
  mutating func consumerCreated(skipped: UInt64?) {
    lastConsumerSequence = 0
    if lastStreamSequence == 0, let skipped { lastStreamSequence = skipped }
  }

  /// Starts from the beginning after the stream was reset.
  mutating func streamReset() {
    self = OrderedSequence()
  }

  /// Where the next consumer has to start.
  func deliverPolicy(from initial: ConsumerConfiguration.DeliverPolicy) -> ConsumerConfiguration.DeliverPolicy
  {
    lastStreamSequence == 0 ? initial : .startSequence(lastStreamSequence &+ 1)
  }
}
