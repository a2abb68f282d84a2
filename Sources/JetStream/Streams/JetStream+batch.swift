import JSON
import NATS

extension JetStream {
  /// The messages from a number on, in their order, from any copy of the stream, which may be a little behind (ADR-31).
  ///
  /// A server before 2.11 sends one at a time. The stream has to allow direct access.
  ///
  /// - Parameters:
  ///   - count: how many at most.
  ///   - maxBytes: how many bytes at most; the last message may exceed them.
  /// - Returns: fewer than `count` where there are no more, or `maxBytes` are reached; none at the end of the stream.
  /// - Throws: ``JetStreamError/Code/noResponders`` without such a stream; ``JetStreamError/Code/timeout`` where the connection was lost.
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
          // The end of the batch; no such message.
          case 204, 404: return messages
          case NATSStatus.noResponders: throw JetStreamError(.noResponders, "\(what): no copy of it answers")
          default: throw .unusable(what)
          }
        }
        guard let message = StoredMessage(direct: reply), messages.count < count else {
          throw .unusable(what)
        }
        messages.append(message)
        // Only a server that knows of batches says how many there are.
        if reply.headers?["Nats-Num-Pending"] == nil { return messages }
      case .reconnected, .late: throw JetStreamError(.timeout, "\(what): no complete answer came")
      case .end: throw JetStreamError(.cancelled, "\(what): the client was closed, or the task cancelled")
      }
    }
  }
}
