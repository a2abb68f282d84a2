import NATS

/// Keeps pulling from one consumer, and tells when it has to be looked after.
final class PullStream {
  enum Event {
    case message(JetStreamMessage)
    case interrupted(Interruption)
    /// The client is closed or drained, or the task was cancelled.
    case end
  }

  /// Why nothing comes any more.
  enum Interruption: Hashable {
    /// No sign of life for too long.
    case silence
    case reconnected
    case leaderChanged
    case noResponders
    case consumerDeleted
    case refused(String)
  }

  /// The most bytes of one pull. Two may be under way at a time: without this bound a batch of large messages fills the
  /// client's buffer and the server drops it as a slow consumer.
  private static let mostBytes = 4 << 20
  /// Subject, reply subject and headers of a delivery, which count as well.
  private static let overhead = 64 << 10

  private let jetStream: JetStream
  private let stream: String
  private let expires: Duration
  private let heartbeat: Duration
  private var window: PullWindow
  private var inbox: PullInbox?
  private var pulledAt = ContinuousClock.now
  /// Whether nothing came since the last pull.
  private var isFruitless = true
  /// Whether a message was received since a pull was last completed.
  private var hasDelivered = false

  /// - Parameters:
  ///   - batch: how many messages may be on their way at once.
  ///   - heartbeat: how often the server gives a sign of life while nothing comes; two that fail are silence.
  init(_ jetStream: JetStream, stream: String, batch: Int, heartbeat: Duration) {
    self.jetStream = jetStream
    self.stream = stream
    self.heartbeat = min(max(heartbeat, .milliseconds(100)), .seconds(30))
    expires = max(.seconds(30), self.heartbeat * 4)
    window = PullWindow(size: min(batch, 10_000))
  }

  /// Pulls again from the same consumer, as pulls may have been forgotten. What still comes for them is welcome: it would be
  /// delivered again only after the time for its acknowledgement.
  func reopen(consumer: String) throws(JetStreamError) {
    guard inbox != nil else { return try open(consumer: consumer) }
    window.forgotten()
  }

  /// Begins to pull from `consumer`, and forgets what an earlier one was asked for.
  func open(consumer: String) throws(JetStreamError) {
    inbox = nil
    window.forgotten()
    inbox = try PullInbox(jetStream, stream: stream, consumer: consumer)
  }

  func close() {
    inbox = nil
  }

  /// What comes next. After an interruption it has to be opened again.
  func next() async throws(JetStreamError) -> Event {
    guard let inbox else { return .interrupted(.silence) }
    while true {
      if let wanted = window.wanted {
        inbox.pull(PullRequest(batch: wanted, maxBytes: maxBytes, expires: expires, heartbeat: heartbeat))
        window.asked(wanted)
        pulledAt = .now
        isFruitless = true
      }
      switch await inbox.next(within: heartbeat * 2 + .milliseconds(500)) {
      case .message(let message):
        window.received()
        isFruitless = false
        hasDelivered = true
        return .message(message)
      case .status(.heartbeat): break
      case .status(.ended(let undelivered)):
        window.ended(undelivered: undelivered)
        try await restrain()
      case .status(.completed(let undelivered)):
        window.ended(undelivered: undelivered)
        // One that delivered nothing must not be made again at once.
        if !hasDelivered { try await restrain() }
        hasDelivered = false
      case .status(.noMessages):
        window.ended(undelivered: nil)
        try await restrain()
      case .status(.leaderChanged): return .interrupted(.leaderChanged)
      case .status(.consumerDeleted): return .interrupted(.consumerDeleted)
      case .status(.noResponders): return .interrupted(.noResponders)
      case .status(.refused(let reason)): return .interrupted(.refused(reason))
      case .reconnected: return .interrupted(.reconnected)
      case .late:
        // Without a connection there is nothing to be done but to wait for one.
        if jetStream.client.state.epoch != nil { return .interrupted(.silence) }
      case .end: return .end
      }
    }
  }

  /// At least one message of the server's largest size fits, so that no message can stop the reader.
  private var maxBytes: Int {
    guard case .connected(_, _, let info) = jetStream.client.state else { return Self.mostBytes }
    return max(Self.mostBytes, info.maxPayload + Self.overhead)
  }

  /// A pull that was refused at once must not be made again at once.
  private func restrain() async throws(JetStreamError) {
    guard isFruitless, ContinuousClock.now - pulledAt < JetStream.pause else { return }
    try await JetStream.sleep(JetStream.pause)
  }
}
