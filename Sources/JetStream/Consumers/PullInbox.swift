import NATS

/// Where the messages come to that were asked for by pulls, for one consumer and one time: what an older inbox was promised
/// can't be mistaken for what this one gets.
final class PullInbox {
  enum Arrival {
    case message(JetStreamMessage)
    case status(PullStatus)
    /// The pulls may be forgotten.
    case reconnected
    case late
    /// The client is closed or drained, or the task was cancelled.
    case end
  }

  private let jetStream: JetStream
  private let next: String
  private let inbox: String
  private let subscription: NATSSubscription
  private var reader: NATSSubscription.AsyncIterator

  /// An inbox for what `consumer` of `stream` delivers; both names are checked.
  init(_ jetStream: JetStream, stream: String, consumer: String) throws(JetStreamError) {
    self.jetStream = jetStream
    next = "\(jetStream.apiPrefix).CONSUMER.MSG.NEXT.\(stream).\(consumer)"
    inbox = jetStream.client.newInbox()
    do throws(NATSError) {
      subscription = try jetStream.client.subscribe(to: inbox)
    } catch {
      throw JetStreamError(error, about: "consumer \(consumer) of stream \(stream)")
    }
    reader = subscription.makeAsyncIterator()
  }

  deinit {
    subscription.unsubscribe()
  }

  /// Asks for messages. A pull that can't be sent is like one that is lost on its way: nothing comes.
  func pull(_ request: PullRequest) {
    try? jetStream.client.publish(request.payload, to: next, replyTo: inbox)
  }

  /// What comes within `limit`; bytes that are neither a delivery nor a status are passed over.
  func next(within limit: Duration) async -> Arrival {
    let deadline = ContinuousClock.now + limit
    while true {
      switch await reader.next(within: deadline - .now) {
      case .message(let message):
        if let status = PullStatus(message) { return .status(status) }
        if let delivery = JetStreamMessage(message, jetStream) { return .message(delivery) }
      case .reconnected: return .reconnected
      case .late: return .late
      case .end: return .end
      }
    }
  }
}
