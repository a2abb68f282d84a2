import DequeModule

/// The pending messages and readers of a subscription. Accessed under the subscription's lock.
struct SubscriptionState {
  typealias Continuation = CheckedContinuation<Void, Never>

  enum Taken {
    case messages
    case nothing
    case end
  }

  struct Appended {
    /// The messages dropped since the creation of the subscription. Set at the first drop since the reader caught up.
    var episodeOfDrops: UInt64?
    var dropped = 0
    /// Whether the last message of a limited subscription has arrived.
    var isComplete = false
    var readersWait = false
  }

  private(set) var pendingBytes = 0
  private(set) var received: UInt64 = 0
  private(set) var dropped: UInt64 = 0
  private var pending = Deque<NATSMessage>()
  /// The maximum of pending messages since the subscription was last empty.
  private var mostPending = 0
  private var limit: UInt64?
  /// The messages received over earlier connections. A server counts the messages of its own connection only.
  private var receivedBefore: UInt64 = 0
  /// The number of connections that have been sent the subscription.
  private(set) var connections: UInt64 = 0
  private var isDropping = false
  private(set) var isFinished = false
  private var readers = 0
  private var lastReaderID: UInt64 = 0
  private var waiting: [(id: UInt64, continuation: Continuation)] = []
  private var consumedWaiters: [UInt64: Continuation] = [:]
  private let maxMessages: Int
  private let maxBytes: Int

  init(maxMessages: Int, maxBytes: Int) {
    self.maxMessages = max(maxMessages, 1)
    self.maxBytes = max(maxBytes, 1)
  }

  var pendingMessages: Int { pending.count }

  private var messagesLeft: Int? {
    guard let limit else { return nil }
    return limit > received ? Int(clamping: limit - received) : 0
  }

  /// The limit of messages as counted by the server of this connection.
  var limitOnThisConnection: Int? {
    guard let limit else { return nil }
    return limit > receivedBefore ? Int(clamping: limit - receivedBefore) : 0
  }

  /// Records that a new connection has been sent the subscription.
  ///
  /// - Returns: the number of messages left to receive; nil without a limit.
  mutating func resubscribed() -> Int? {
    receivedBefore = received
    connections &+= 1
    return messagesLeft
  }

  /// Records that a refused subscription is sent once more on the same connection. The server counts from zero.
  ///
  /// - Returns: the number of messages left to receive; nil without a limit.
  mutating func retried() -> Int? {
    receivedBefore = received
    return messagesLeft
  }

  /// Records that the server accepted the subscription after a refusal. State of the peer may be lost, as after a reconnect.
  mutating func restored() {
    connections &+= 1
  }

  // MARK: Writing

  mutating func append(
    _ frames: inout Deque<MessageFrame>, connectionID: UInt64, client: NATSClient
  ) -> Appended {
    var result = Appended()
    guard !isFinished else { return result }
    while let frame = frames.popFirst() {
      if let limit, received >= limit { break }
      received &+= 1
      let size = frame.contentLength
      // A message that alone exceeds the byte limit is accepted when no other one waits.
      let fits = pending.count < maxMessages && (pending.isEmpty || pendingBytes &+ size <= maxBytes)
      guard fits else {
        dropped &+= 1
        result.dropped += 1
        if !isDropping {
          isDropping = true
          result.episodeOfDrops = dropped
        }
        continue
      }
      pendingBytes &+= size
      pending.append(NATSMessage(frame: frame, connectionID: connectionID, client: client))
    }
    if let limit, received >= limit {
      isFinished = true
      result.isComplete = true
    }
    mostPending = max(mostPending, pending.count)
    result.readersWait = !waiting.isEmpty
    return result
  }

  /// Sets the total number of messages to receive.
  ///
  /// - Returns: whether that number has already been received.
  mutating func setLimit(_ count: Int) -> Bool {
    limit = UInt64(clamping: count)
    guard received >= UInt64(clamping: count) else { return false }
    isFinished = true
    return true
  }

  mutating func finish() {
    isFinished = true
  }

  mutating func readersToWake() -> [Continuation] {
    guard !waiting.isEmpty, isFinished || !pending.isEmpty else { return [] }
    let count = isFinished ? waiting.count : min(waiting.count, pending.count)
    let woken = waiting.prefix(count).map(\.continuation)
    waiting.removeFirst(count)
    return woken
  }

  /// Removes and returns all waiting readers.
  mutating func allReaders() -> [Continuation] {
    defer { waiting.removeAll() }
    return waiting.map(\.continuation)
  }

  // MARK: Reading

  /// Moves pending messages into `batch`: all of them, or one if several readers share the subscription.
  mutating func take(into batch: inout Deque<NATSMessage>) -> Taken {
    if pending.isEmpty {
      isDropping = false
      if mostPending > 1024 {
        // Releases the memory of a burst.
        pending = Deque()
        batch = Deque()
      }
      mostPending = 0
      return isFinished ? .end : .nothing
    }
    if readers > 1 {
      guard let message = pending.popFirst() else { return .nothing }
      pendingBytes &-= message.frame.contentLength
      batch.append(message)
    } else {
      swap(&pending, &batch)
      pendingBytes = 0
    }
    if pending.isEmpty { isDropping = false }
    return .messages
  }

  mutating func nextReaderID() -> UInt64? {
    lastReaderID &+= 1
    return lastReaderID
  }

  /// Registers a waiting reader.
  ///
  /// - Returns: false if the reader does not have to wait.
  mutating func await(_ id: UInt64, _ continuation: Continuation, isCancelled: Bool) -> Bool {
    guard pending.isEmpty, !isFinished, !isCancelled else { return false }
    waiting.append((id, continuation))
    return true
  }

  mutating func removeReader(_ id: UInt64) -> Continuation? {
    guard let index = waiting.firstIndex(where: { $0.id == id }) else { return nil }
    return waiting.remove(at: index).continuation
  }

  mutating func readerBegan() {
    readers += 1
  }

  /// Records that a reader has been destroyed.
  ///
  /// - Returns: the waiters to resume after the last reader.
  mutating func readerEnded() -> [Continuation] {
    readers -= 1
    guard readers == 0 else { return [] }
    defer { consumedWaiters.removeAll() }
    return Array(consumedWaiters.values)
  }

  // MARK: Draining

  /// Registers a waiter that is resumed after the last reader.
  ///
  /// - Returns: false if there are no readers.
  mutating func awaitConsumed(_ id: UInt64, _ continuation: Continuation, isCancelled: Bool) -> Bool {
    guard readers > 0, !isCancelled else { return false }
    consumedWaiters[id] = continuation
    return true
  }

  mutating func removeConsumedWaiter(_ id: UInt64) -> Continuation? {
    consumedWaiters.removeValue(forKey: id)
  }
}
