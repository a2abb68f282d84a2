import NATS
import NIOCore

extension Consumer {
  /// The longest that a fetch may wait.
  private static let longest = Duration.seconds(3600)
  /// What the server's last word may take beyond the time it was given.
  private static let grace = Duration.seconds(1)

  /// Asks for messages once, and returns what came by then. It never hangs: where the server goes quiet, the connection is
  /// lost or another leader takes over, it asks again as long as there is time.
  ///
  /// - Parameters:
  ///   - batch: how many messages at most, 1 or more.
  ///   - maxBytes: how many bytes of them at most.
  ///   - expires: how long to wait for the first to the last of them; zero takes what is there.
  /// - Returns: the messages; none if none came in time.
  /// - Throws: ``JetStreamError/Code/notFound`` if the consumer was deleted; ``JetStreamError/Code/noResponders`` if nobody
  ///   took the pull in all that time; ``JetStreamError/Code/cancelled``. What had come is returned rather than an error.
  public func fetch(
    batch: Int, maxBytes: Int? = nil, expires: Duration = .seconds(5)
  ) async throws(JetStreamError) -> [JetStreamMessage] {
    let expires = min(max(expires, .zero), Self.longest)
    var fetch = Fetch(batch: max(batch, 1), maxBytes: maxBytes, deadline: .now + expires)
    do throws(JetStreamError) {
      while try await pull(&fetch, waits: expires > .zero) {}
    } catch {
      // What came is worth more than the failure, which the next fetch will meet again.
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

    mutating func took(_ message: JetStreamMessage) {
      messages.append(message)
      if let bytes = maxBytes { maxBytes = bytes - message.payload.readableBytes }
    }
  }

  /// Makes one pull.
  ///
  /// - Returns: whether another one is worth making.
  private func pull(_ fetch: inout Fetch, waits: Bool) async throws(JetStreamError) -> Bool {
    let left = fetch.left
    let heartbeat = waits ? PullRequest.heartbeat(within: left) : .zero
    let inbox = try PullInbox(jetStream, stream: stream, consumer: name)
    inbox.pull(
      PullRequest(
        batch: fetch.batch - fetch.messages.count, maxBytes: fetch.maxBytes,
        expires: waits ? max(left, .milliseconds(1)) : .zero, heartbeat: heartbeat))
    while true {
      let patience = waits ? fetch.left + Self.grace : jetStream.timeout
      let limit = heartbeat > .zero ? min(heartbeat * 2 + .milliseconds(500), patience) : patience
      switch await inbox.next(within: limit) {
      case .message(let message):
        fetch.took(message)
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
        try await waitAWhile()
        guard fetch.left > .zero else {
          throw JetStreamError(
            .noResponders, "nobody delivers for consumer \(name) of stream \(stream): it has no leader now")
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
