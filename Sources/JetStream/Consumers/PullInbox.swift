import NATS

/// The inbox of pull requests for one consumer. Each reader and each reopened consumer has a new inbox, so that messages of
/// earlier pull requests are not received.
final class PullInbox {
  enum Arrival {
    case message(JetStreamMessage)
    case status(PullStatus)
    /// The connection was replaced, and the pull requests may be lost.
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

  /// Subscribes to a new inbox. Both names have to be valid.
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

  /// Sends a pull request. A failure to send it is handled like a lost request.
  func pull(_ request: PullRequest) {
    try? jetStream.client.publish(request.payload, to: next, replyTo: inbox)
  }

  /// Waits for the next delivery or status. Other messages are skipped.
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
