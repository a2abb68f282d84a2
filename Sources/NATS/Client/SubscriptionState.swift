import DequeModule

/// What a subscription holds for its readers, and how much of it there may be. Used under the subscription's lock.
struct SubscriptionState {
  typealias Continuation = CheckedContinuation<Void, Never>

  enum Taken {
    case messages
    case nothing
    case end
  }

  struct Appended {
    /// Messages dropped since the subscription began, at the first drop of an episode.
    var episodeOfDrops: UInt64?
    var dropped = 0
    /// The last message that was asked for has come.
    var isComplete = false
    var readersWait = false
  }

  private(set) var pendingBytes = 0
  private(set) var received: UInt64 = 0
  private(set) var dropped: UInt64 = 0
  private var pending = Deque<NATSMessage>()
  /// The most messages that waited since there was nothing to read.
  private var mostPending = 0
  private var limit: UInt64?
  /// What had come before the current connection: servers count for themselves.
  private var receivedBefore: UInt64 = 0
  /// How many connections have been told of it.
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

  /// The limit as the server of this connection counts.
  var limitOnThisConnection: Int? {
    guard let limit else { return nil }
    return limit > receivedBefore ? Int(clamping: limit - receivedBefore) : 0
  }

  /// A new connection is told of this subscription.
  ///
  /// - Returns: how many more messages may come.
  mutating func resubscribed() -> Int? {
    receivedBefore = received
    connections &+= 1
    return messagesLeft
  }

  /// The server removed or refused the subscription and is asked for it once more: it counts from zero.
  ///
  /// - Returns: how many more messages may come; nil without a limit.
  mutating func askedAgain() -> Int? {
    receivedBefore = received
    return messagesLeft
  }

  /// The server has the subscription again. What the other side knew of it may be gone, as after a reconnect.
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
      // A message larger than the limit of bytes still passes when nothing else waits.
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

  /// Sets how many messages may come in all.
  ///
  /// - Returns: whether they have come already.
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

  /// Everybody who waits, whatever for.
  mutating func allReaders() -> [Continuation] {
    defer { waiting.removeAll() }
    return waiting.map(\.continuation)
  }

  // MARK: Reading

  /// Moves messages into `batch`: all, or one where several readers share them.
  mutating func take(into batch: inout Deque<NATSMessage>) -> Taken {
    if pending.isEmpty {
      isDropping = false
      if mostPending > 1024 {
        // The room of a burst is given up when it is over.
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

  /// Registers a reader that waits; false if it need not.
  mutating func await(_ id: UInt64, _ continuation: Continuation, isCancelled: Bool) -> Bool {
    guard pending.isEmpty, !isFinished, !isCancelled else { return false }
    waiting.append((id, continuation))
    return true
  }

  mutating func forget(_ id: UInt64) -> Continuation? {
    guard let index = waiting.firstIndex(where: { $0.id == id }) else { return nil }
    return waiting.remove(at: index).continuation
  }

  mutating func readerBegan() {
    readers += 1
  }

  /// - Returns: who waits for the readers to be done.
  mutating func readerEnded() -> [Continuation] {
    readers -= 1
    guard readers == 0 else { return [] }
    defer { consumedWaiters.removeAll() }
    return Array(consumedWaiters.values)
  }

  // MARK: Draining

  /// Registers somebody who waits until no reader is left; false if there is none.
  mutating func awaitConsumed(_ id: UInt64, _ continuation: Continuation, isCancelled: Bool) -> Bool {
    guard readers > 0, !isCancelled else { return false }
    consumedWaiters[id] = continuation
    return true
  }

  mutating func forgetConsumed(_ id: UInt64) -> Continuation? {
    consumedWaiters.removeValue(forKey: id)
  }
}
