import NATS
import NIOCore

extension Consumer {
  /// Maximum time that a fetch may wait.
  private static let maximumWait = Duration.seconds(3600)
  /// Extra time for the final status of the server after a pull has expired.
  private static let grace = Duration.seconds(1)

  /// Pulls messages until the batch is complete or the time is over.
  ///
  /// It always returns in time. If heartbeats are missing, the connection is lost or another leader is elected, it pulls again for
  /// the remaining time.
  ///
  /// - Parameters:
  ///   - batch: maximum number of messages, at least 1.
  ///   - maxBytes: maximum number of bytes.
  ///   - expires: maximum time to wait for all messages; zero returns only those available.
  /// - Returns: the received messages, possibly none.
  /// - Throws: if no message was received: ``JetStreamError/Code/notFound`` if the consumer was deleted;
  ///   ``JetStreamError/Code/noResponders`` without responders for the whole time; ``JetStreamError/Code/cancelled``.
  public func fetch(
    batch: Int, maxBytes: Int? = nil, expires: Duration = .seconds(5)
  ) async throws(JetStreamError) -> [JetStreamMessage] {
    let expires = min(max(expires, .zero), Self.maximumWait)
    var fetch = Fetch(batch: max(batch, 1), maxBytes: maxBytes, deadline: .now + expires)
    do throws(JetStreamError) {
      while try await pull(&fetch, waits: expires > .zero) {}
    } catch {
      // Received messages take precedence. The next fetch throws the error again.
      if fetch.messages.isEmpty { throw error }
    }
    return fetch.messages
  }

  private struct Fetch {
    let batch: Int
    var maxBytes: Int?
    let deadline: ContinuousClock.Instant
    var messages: [JetStreamMessage] = []

    var left: Duration { max(deadline - .now, .zero) }

    var isFull: Bool { messages.count >= batch || maxBytes.map { $0 <= 0 } ?? false }

    mutating func append(_ message: JetStreamMessage) {
      messages.append(message)
      if let bytes = maxBytes { maxBytes = bytes - message.payload.readableBytes }
    }
  }

  /// Sends one pull request and receives its messages.
  ///
  /// - Returns: whether to pull again.
  private func pull(_ fetch: inout Fetch, waits: Bool) async throws(JetStreamError) -> Bool {
    let left = fetch.left
    let heartbeat = waits ? PullRequest.heartbeat(within: left) : .zero
    let inbox = try PullInbox(jetStream, stream: stream, consumer: name)
    inbox.pull(
      PullRequest(
        batch: fetch.batch - fetch.messages.count, maxBytes: fetch.maxBytes,
        expires: waits ? max(left, .milliseconds(1)) : .zero, heartbeat: heartbeat))
    while true {
      let timeout = waits ? fetch.left + Self.grace : jetStream.timeout
      let limit = heartbeat > .zero ? min(heartbeat * 2 + .milliseconds(500), timeout) : timeout
      switch await inbox.next(within: limit) {
      case .message(let message):
        fetch.append(message)
        if fetch.isFull { return false }
      case .status(.heartbeat): break
      case .status(.ended), .status(.completed), .status(.noMessages): return false
      case .status(.consumerDeleted): throw deleted
      case .status(.refused(let reason)): throw refused(reason)
      case .status(.leaderChanged):
        guard fetch.messages.isEmpty, fetch.left > JetStream.pause else { return false }
        try await JetStream.sleep(JetStream.pause)
        return true
      case .status(.noResponders):
        try await waitForLeader()
        guard fetch.left > .zero else {
          throw JetStreamError(
            .noResponders, "consumer \(name) of stream \(stream) has no leader now")
        }
        return true
      case .reconnected, .late: return fetch.left > .zero
      case .end:
        if Task.isCancelled {
          throw JetStreamError(.cancelled, "the task was cancelled while it fetched from consumer \(name)")
        }
        throw JetStreamError(
          NATSError(.connectionClosed, "the client is closed"), about: "consumer \(name) of stream \(stream)")
      }
    }
  }
}
