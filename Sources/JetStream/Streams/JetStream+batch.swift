import JSON
import NATS

extension JetStream {
  /// Returns the messages from a sequence on, in order, from any replica of the stream, which may be behind the leader (ADR-31).
  ///
  /// Servers before 2.11 send one message at a time. The stream has to allow direct access.
  ///
  /// - Parameters:
  ///   - count: maximum number of messages.
  ///   - maxBytes: maximum number of bytes, which the last message may exceed.
  /// - Returns: fewer than `count` messages if there are no more, or `maxBytes` is reached; none at the end of the stream.
  /// - Throws: ``JetStreamError/Code/noResponders`` if the stream does not exist; ``JetStreamError/Code/timeout`` if the connection was
  ///   lost.
  public func getMessages(
    stream: String, from sequence: UInt64, count: Int, maxBytes: Int = 4 << 20
  ) async throws(JetStreamError) -> [StoredMessage] {
    try Name.check(stream, of: "stream")
    let what = "messages of stream \(stream)"
    let query: JSONObject = [
      "seq": JSONValue(sequence), "batch": JSONValue(count), "max_bytes": JSONValue(maxBytes),
    ]
    let inbox = client.newInbox()
    let subscription: NATSSubscription
    do throws(NATSError) {
      subscription = try client.subscribe(to: inbox)
      try client.publish(
        JSONWriter.encode(.object(query)), to: "\(apiPrefix).DIRECT.GET.\(stream)", replyTo: inbox)
    } catch {
      throw JetStreamError(error, about: what)
    }
    defer { subscription.unsubscribe() }
    var reader = subscription.makeAsyncIterator()
    let deadline = ContinuousClock.now + timeout
    var messages: [StoredMessage] = []
    while true {
      switch await reader.next(within: deadline - .now) {
      case .message(let reply):
        if let status = reply.status {
          switch status.code {
          // The end of the batch; message not found.
          case 204, 404: return messages
          case NATSStatus.noResponders: throw JetStreamError(.noResponders, "\(what): no replica responds")
          default: throw .unusable(what)
          }
        }
        guard let message = StoredMessage(direct: reply), messages.count < count else {
          throw .unusable(what)
        }
        messages.append(message)
        // A server without support for batches sends no number of pending messages.
        if reply.headers?["Nats-Num-Pending"] == nil { return messages }
      case .reconnected, .late: throw JetStreamError(.timeout, "\(what): the response was incomplete")
      case .end: throw JetStreamError(.cancelled, "\(what): the client was closed, or the task cancelled")
      }
    }
  }
}
