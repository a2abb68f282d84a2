/// How far an ordered consumer has read, and whether what comes is what comes next (ADR-17).
struct OrderedSequence: Hashable {
  enum Judgement: Hashable {
    case next
    /// It came before.
    case duplicate
    /// Something before it did not come.
    case gap
  }

  /// The stream's number of the last message that was taken; zero for none.
  private(set) var lastStreamSequence: UInt64 = 0
  /// Deliveries of the consumer that is read now.
  private var lastConsumerSequence: UInt64 = 0

  /// Takes a delivery of the consumer that is read now, if it is the next one.
  mutating func judge(streamSequence: UInt64, consumerSequence: UInt64) -> Judgement {
    if consumerSequence <= lastConsumerSequence { return .duplicate }
    guard consumerSequence - lastConsumerSequence == 1 else { return .gap }
    lastConsumerSequence = consumerSequence
    // A consumer that was made anew begins after the last one; were it not so, this one came before.
    guard streamSequence > lastStreamSequence else { return .duplicate }
    lastStreamSequence = streamSequence
    return .next
  }

  /// Another consumer is read from now on. It counts from 1.
  ///
  /// - Parameter skipped: the stream's number of the last message that it will not deliver, where that is known.
  mutating func consumerMade(skipped: UInt64?) {
    lastConsumerSequence = 0
    if lastStreamSequence == 0, let skipped { lastStreamSequence = skipped }
  }

  /// The stream has begun to count anew: what it holds is not what was read.
  mutating func streamBeganAnew() {
    self = OrderedSequence()
  }

  /// Where the next consumer has to begin.
  func deliverPolicy(from initial: ConsumerConfiguration.DeliverPolicy) -> ConsumerConfiguration.DeliverPolicy
  {
    lastStreamSequence == 0 ? initial : .startSequence(lastStreamSequence &+ 1)
  }
}
