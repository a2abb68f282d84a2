import DequeModule
import Locks

/// Messages on a subject, in the order in which they came.
///
/// It goes on over reconnects, and ends when it is unsubscribed or drained or the client closes. Several readers
/// share the messages: each goes to one of them.
public final class NATSSubscription: AsyncSequence, Sendable {
  /// Messages.
  public typealias Element = NATSMessage
  /// Reading never fails.
  public typealias Failure = Never

  /// The subject subscribed to.
  public let subject: String
  /// The queue group whose members share the messages.
  public let queue: String?

  let sid: UInt64
  let client: NATSClient
  let state: Locked<SubscriptionState>

  init(client: NATSClient, sid: UInt64, subject: String, queue: String?, maxMessages: Int, maxBytes: Int) {
    self.client = client
    self.sid = sid
    self.subject = subject
    self.queue = queue
    state = Locked(SubscriptionState(maxMessages: maxMessages, maxBytes: maxBytes))
  }

  /// Messages that wait for a reader.
  public var pendingMessages: Int { state.withLock { $0.pendingMessages } }

  /// Bytes of headers and payload that wait for a reader.
  public var pendingBytes: Int { state.withLock { $0.pendingBytes } }

  /// Messages dropped because the reader was too slow.
  public var dropped: UInt64 { state.withLock { $0.dropped } }

  /// Messages that came, dropped ones among them.
  public var received: UInt64 { state.withLock { $0.received } }

  /// Ends the subscription: at once, or when `count` messages have come since it was made.
  public func unsubscribe(after count: Int? = nil) {
    client.unsubscribe(self, after: count)
  }

  /// Asks the server for no more messages, waits for those on their way, and ends the subscription. What came
  /// can still be read.
  ///
  /// - Throws: as ``NATSClient/flush(timeout:)`` does; the subscription has ended then all the same.
  public func drain(timeout: Duration = .seconds(10)) async throws(NATSError) {
    try await client.drain(self, timeout: timeout)
  }

  /// Makes a reader.
  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(subscription: self)
  }

  /// Reads the messages.
  public struct AsyncIterator: AsyncIteratorProtocol {
    private let lease: ReaderLease
    var batch = Deque<NATSMessage>()
    /// How many connections the reader knows of.
    var connections: UInt64

    var subscription: NATSSubscription { lease.subscription }

    init(subscription: NATSSubscription) {
      lease = ReaderLease(subscription: subscription)
      connections = subscription.state.withLock { $0.connections }
    }

    /// The next message; nil when the subscription has ended or the task was cancelled.
    @inline(__always)
    public mutating func next() async -> NATSMessage? {
      if let message = batch.popFirst() { return message }
      await lease.subscription.refill(&batch)
      return batch.popFirst()
    }

    /// The next message; nil when the subscription has ended or the task was cancelled.
    @inline(__always)
    public mutating func next(isolation actor: isolated (any Actor)?) async -> NATSMessage? {
      if let message = batch.popFirst() { return message }
      await lease.subscription.refill(&batch)
      return batch.popFirst()
    }
  }

  /// Fills `batch`, waiting where nothing has come yet; leaves it empty at the end.
  private func refill(_ batch: inout Deque<NATSMessage>) async {
    while true {
      switch state.withLock({ $0.take(into: &batch) }) {
      case .messages, .end: return
      case .nothing: break
      }
      guard let id = state.withLock({ $0.nextReaderID() }) else { continue }
      await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
          let waits = state.withLock { $0.await(id, continuation, isCancelled: Task.isCancelled) }
          if !waits { continuation.resume() }
        }
      } onCancel: {
        state.withLock { $0.forget(id) }?.resume()
      }
      if Task.isCancelled, state.withLock({ $0.pendingMessages }) == 0 { return }
    }
  }

  // MARK: The connection's side

  func append(_ frames: inout Deque<MessageFrame>, connectionID: UInt64) -> SubscriptionState.Appended {
    state.withLock { $0.append(&frames, connectionID: connectionID, client: client) }
  }

  /// Lets readers have what came.
  func wake() {
    for reader in state.withLock({ $0.readersToWake() }) { reader.resume() }
  }

  /// No more messages come.
  func finish() {
    state.withLock { $0.finish() }
    wake()
  }

  /// The server has the subscription again, after it had refused it.
  func restored() {
    let readers = state.withLock { state in
      state.restored()
      return state.allReaders()
    }
    for reader in readers { reader.resume() }
  }

  /// A new connection is told of this subscription.
  ///
  /// - Returns: how many more messages may come; nil without a limit.
  func resubscribed() -> Int? {
    let (left, readers) = state.withLock { ($0.resubscribed(), $0.allReaders()) }
    for reader in readers { reader.resume() }
    return left
  }
}

/// Counts the readers of a subscription, for as long as they exist.
private final class ReaderLease: Sendable {
  let subscription: NATSSubscription

  init(subscription: NATSSubscription) {
    self.subscription = subscription
    subscription.state.withLock { $0.readerBegan() }
  }

  deinit {
    let waiters = subscription.state.withLock { $0.readerEnded() }
    for waiter in waiters { waiter.resume() }
  }
}
