/// The messages of a pull consumer.
///
/// The iterator throws ``JetStreamError/Code/notFound`` if the consumer is deleted, and ends when the client is closed or the task is
/// cancelled. Each iterator pulls on its own.
public struct ConsumerMessages: AsyncSequence, Sendable {
  /// A delivered message.
  public typealias Element = JetStreamMessage
  /// The error of the iterator.
  public typealias Failure = JetStreamError

  let consumer: Consumer
  let batch: Int
  let heartbeat: Duration

  /// Creates an iterator.
  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(
      consumer: consumer,
      stream: PullStream(consumer.jetStream, stream: consumer.stream, batch: batch, heartbeat: heartbeat))
  }

  /// The iterator of the messages.
  public struct AsyncIterator: AsyncIteratorProtocol {
    let consumer: Consumer
    let stream: PullStream
    private var isOpen = false
    private var isOver = false

    init(consumer: Consumer, stream: PullStream) {
      self.consumer = consumer
      self.stream = stream
    }

    /// The next message; nil at the end.
    public mutating func next() async throws(JetStreamError) -> JetStreamMessage? {
      try await next(isolation: #isolation)
    }

    /// The next message; nil at the end.
    public mutating func next(
      isolation actor: isolated (any Actor)?
    ) async throws(JetStreamError) -> JetStreamMessage? {
      guard !isOver else { return nil }
      do throws(JetStreamError) {
        if let message = try await read() { return message }
        finish()
        return nil
      } catch {
        finish()
        if error.code == .cancelled { return nil }
        throw error
      }
    }

    private mutating func finish() {
      isOver = true
      stream.close()
    }

    private mutating func read() async throws(JetStreamError) -> JetStreamMessage? {
      while true {
        if !isOpen {
          try stream.reopen(consumer: consumer.name)
          isOpen = true
        }
        switch try await stream.next() {
        case .message(let message): return message
        case .end: return nil
        case .interrupted(let interruption):
          isOpen = false
          try await recover(from: interruption)
        }
      }
    }

    private func recover(from interruption: PullStream.Interruption) async throws(JetStreamError) {
      switch interruption {
      case .reconnected, .heartbeatsMissing: break
      case .leaderChanged: try await JetStream.sleep(JetStream.pause)
      case .noResponders: try await consumer.waitForLeader()
      case .consumerDeleted: throw consumer.deleted
      case .refused(let reason): throw consumer.refused(reason)
      }
    }
  }
}

extension Consumer {
  var deleted: JetStreamError {
    JetStreamError(.notFound, "consumer \(name) of stream \(stream) was deleted")
  }

  func refused(_ reason: String) -> JetStreamError {
    JetStreamError(.invalidArgument, "consumer \(name) of stream \(stream) rejects pull requests: \(reason)")
  }

  /// Waits before a retry after a pull without responders: the consumer has no leader now, or does not exist.
  ///
  /// - Throws: ``JetStreamError/Code/notFound`` if it does not exist; ``JetStreamError/Code/cancelled``.
  func waitForLeader() async throws(JetStreamError) {
    try await JetStream.sleep(JetStream.pause)
    do throws(JetStreamError) {
      _ = try await info()
    } catch let error where error.code != .notFound && error.code != .cancelled {
      // The state of the consumer is not available without a leader either.
    }
  }
}
