import NATS

/// Keeps pulling from one consumer, and reports interruptions.
final class PullStream {
  enum Event {
    case message(JetStreamMessage)
    case interrupted(Interruption)
    /// The client is closed or drained, or the task was cancelled.
    case end
  }

  /// Why no more messages are received.
  enum Interruption: Hashable {
    /// Heartbeats are missing.
    case heartbeatsMissing
    case reconnected
    case leaderChanged
    case noResponders
    case consumerDeleted
    case refused(String)
  }

  /// Maximum bytes of one pull request, of which two may be active. Without this limit a batch of large messages would fill the
  /// client's buffer, and the server would disconnect it as a slow consumer.
  private static let maximumBytes = 4 << 20
  /// Extra bytes for the subject, reply subject and headers of a delivery, which count as well.
  private static let overhead = 64 << 10

  private let jetStream: JetStream
  private let stream: String
  private let expires: Duration
  private let heartbeat: Duration
  private var window: PullWindow
  private var inbox: PullInbox?
  private var pulledAt = ContinuousClock.now
  /// Whether no message was received since the last pull request.
  private var isFruitless = true
  /// Whether a message was received since the last completed pull request.
  private var hasDelivered = false

  /// - Parameters:
  ///   - batch: maximum number of messages in flight.
  ///   - heartbeat: interval of the idle heartbeats. Two missing heartbeats are an interruption.
  init(_ jetStream: JetStream, stream: String, batch: Int, heartbeat: Duration) {
    self.jetStream = jetStream
    self.stream = stream
    self.heartbeat = min(max(heartbeat, .milliseconds(100)), .seconds(30))
    expires = max(.seconds(30), self.heartbeat * 4)
    window = PullWindow(size: min(batch, 10_000))
  }

  /// Pulls again from the same consumer after requests may have been lost. Messages for earlier requests are still accepted, as
  /// they would be redelivered only after the acknowledgement timeout.
  func reopen(consumer: String) throws(JetStreamError) {
    guard inbox != nil else { return try open(consumer: consumer) }
    window.reset()
  }

  /// Starts to pull from `consumer`, and ignores messages for earlier requests.
  func open(consumer: String) throws(JetStreamError) {
    inbox = nil
    window.reset()
    inbox = try PullInbox(jetStream, stream: stream, consumer: consumer)
  }

  func close() {
    inbox = nil
  }

  /// The next event. After an interruption the stream has to be opened again.
  func next() async throws(JetStreamError) -> Event {
    guard let inbox else { return .interrupted(.heartbeatsMissing) }
    while true {
      if let wanted = window.wanted {
        inbox.pull(PullRequest(batch: wanted, maxBytes: maxBytes, expires: expires, heartbeat: heartbeat))
        window.requested(wanted)
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
        try await delayRetry()
      case .status(.completed(let undelivered)):
        window.ended(undelivered: undelivered)
        // A request that delivered nothing must not be repeated at once.
        if !hasDelivered { try await delayRetry() }
        hasDelivered = false
      case .status(.noMessages):
        window.ended(undelivered: nil)
        try await delayRetry()
      case .status(.leaderChanged): return .interrupted(.leaderChanged)
      case .status(.consumerDeleted): return .interrupted(.consumerDeleted)
      case .status(.noResponders): return .interrupted(.noResponders)
      case .status(.refused(let reason)): return .interrupted(.refused(reason))
      case .reconnected: return .interrupted(.reconnected)
      case .late:
        // Without a connection, wait until there is one.
        if jetStream.client.state.connectionID != nil { return .interrupted(.heartbeatsMissing) }
      case .end: return .end
      }
    }
  }

  /// Always fits a message of the server's maximum size, so that no message can block the reader.
  private var maxBytes: Int {
    guard case .connected(_, _, let info) = jetStream.client.state else { return Self.maximumBytes }
    return max(Self.maximumBytes, info.maxPayload + Self.overhead)
  }

  /// Delays the next request if the last one ended at once without messages.
  private func delayRetry() async throws(JetStreamError) {
    guard isFruitless, ContinuousClock.now - pulledAt < JetStream.pause else { return }
    try await JetStream.sleep(JetStream.pause)
  }
}

/// Counts the messages that were requested and not received.
struct PullWindow: Hashable {
  /// Maximum number of messages in flight.
  let size: Int
  private(set) var outstanding = 0

  init(size: Int) {
    self.size = max(size, 1)
  }

  /// Number of messages to request now; nil while enough are in flight.
  var wanted: Int? {
    outstanding <= size / 2 ? size - outstanding : nil
  }

  mutating func requested(_ count: Int) { outstanding += count }

  mutating func received() { outstanding = max(outstanding - 1, 0) }

  /// Records the end of a pull request. Without a number of undelivered messages it is assumed to be the only one.
  mutating func ended(undelivered: Int?) {
    guard let undelivered else { return outstanding = 0 }
    outstanding = max(outstanding - max(undelivered, 0), 0)
  }

  mutating func reset() { outstanding = 0 }
}
