/// The messages of a consumer, as they come.
///
/// Reading throws ``JetStreamError/Code/notFound`` when the consumer is deleted, and ends when the client does or the task is
/// cancelled. Every reader pulls for itself.
public struct ConsumerMessages: AsyncSequence, Sendable {
  /// Messages.
  public typealias Element = JetStreamMessage
  /// Why no more can come.
  public typealias Failure = JetStreamError

  let consumer: Consumer
  let batch: Int
  let heartbeat: Duration

  /// Makes a reader.
  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(
      consumer: consumer,
      stream: PullStream(consumer.jetStream, stream: consumer.stream, batch: batch, heartbeat: heartbeat))
  }

  /// Reads the messages.
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
      case .reconnected, .silence: break
      case .leaderChanged: try await JetStream.sleep(JetStream.pause)
      case .noResponders: try await consumer.waitAWhile()
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
    JetStreamError(.invalidArgument, "consumer \(name) of stream \(stream) refuses to be pulled: \(reason)")
  }

  /// Nobody took a pull: there is no leader now, or no consumer.
  ///
  /// - Throws: ``JetStreamError/Code/notFound`` if it does not exist; ``JetStreamError/Code/cancelled``.
  func waitAWhile() async throws(JetStreamError) {
    try await JetStream.sleep(JetStream.pause)
    do throws(JetStreamError) {
      _ = try await info()
    } catch let error where error.code != .notFound && error.code != .cancelled {
      // Who could tell does not answer now either.
    }
  }
}
