import DequeModule
import Locks

/// The messages of a subscription, in the order of their arrival.
///
/// A subscription survives reconnects. It ends when it is unsubscribed or drained or the client closes. Several readers share the
/// messages: each message is delivered to one of them.
public final class NATSSubscription: AsyncSequence, Sendable {
  /// A received message.
  public typealias Element = NATSMessage
  /// Iteration throws no error.
  public typealias Failure = Never

  /// The subject of the subscription.
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

  /// Messages waiting for a reader.
  public var pendingMessages: Int { state.withLock { $0.pendingMessages } }

  /// Bytes of headers and payloads waiting for a reader.
  public var pendingBytes: Int { state.withLock { $0.pendingBytes } }

  /// Messages dropped because the reader was too slow.
  public var dropped: UInt64 { state.withLock { $0.dropped } }

  /// Messages received, including dropped ones.
  public var received: UInt64 { state.withLock { $0.received } }

  /// Ends the subscription, immediately or after `count` messages since its creation.
  public func unsubscribe(after count: Int? = nil) {
    client.unsubscribe(self, after: count)
  }

  /// Unsubscribes, waits for the messages in flight, and ends the subscription. Received messages can still be read.
  ///
  /// - Throws: the errors of ``NATSClient/flush(on:timeout:)``. The subscription ends in any case.
  public func drain(timeout: Duration = .seconds(10)) async throws(NATSError) {
    try await client.drain(self, timeout: timeout)
  }

  /// Creates a reader.
  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(subscription: self)
  }

  /// A reader of the messages.
  public struct AsyncIterator: AsyncIteratorProtocol {
    private let lease: ReaderLease
    var batch = Deque<NATSMessage>()
    /// The number of connections that the reader has seen.
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

  /// Waits for messages and moves them into `batch`. Leaves it empty at the end of the subscription.
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
        state.withLock { $0.removeReader(id) }?.resume()
      }
      if Task.isCancelled, state.withLock({ $0.pendingMessages }) == 0 { return }
    }
  }

  // MARK: Delivery

  func append(_ frames: inout Deque<MessageFrame>, connectionID: UInt64) -> SubscriptionState.Appended {
    state.withLock { $0.append(&frames, connectionID: connectionID, client: client) }
  }

  /// Resumes waiting readers.
  func wake() {
    for reader in state.withLock({ $0.readersToWake() }) { reader.resume() }
  }

  /// Ends the subscription. Pending messages can still be read.
  func finish() {
    state.withLock { $0.finish() }
    wake()
  }

  /// Records that the server accepted the subscription after a refusal.
  func restored() {
    let readers = state.withLock { state in
      state.restored()
      return state.allReaders()
    }
    for reader in readers { reader.resume() }
  }

  /// Records that a new connection has been sent this subscription.
  ///
  /// - Returns: the number of messages left to receive; nil without a limit.
  func resubscribed() -> Int? {
    let (left, readers) = state.withLock { ($0.resubscribed(), $0.allReaders()) }
    for reader in readers { reader.resume() }
    return left
  }
}

/// Counts a reader of a subscription for the lifetime of this object.
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
