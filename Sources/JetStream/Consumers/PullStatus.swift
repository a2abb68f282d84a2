import NATS

/// The status of a pull request (ADR-13, ADR-37).
enum PullStatus: Hashable {
  /// The request is still active.
  case heartbeat
  /// The request has ended with the given number of undelivered messages.
  case ended(undelivered: Int?)
  /// All messages were delivered, or those within the limit of bytes. The number of undelivered messages is nil if unknown.
  case completed(undelivered: Int?)
  /// No messages are available, and the request does not wait.
  case noMessages
  /// The leader has changed, and the request is lost.
  case leaderChanged
  /// The consumer was deleted.
  case consumerDeleted
  /// There are no responders: the consumer has no leader, or does not exist.
  case noResponders
  /// The server rejected the request.
  case refused(String)

  /// Decodes a status; nil if the message has none, and is a delivery.
  init?(_ message: NATSMessage) {
    guard let status = message.status else { return nil }
    self.init(status, undelivered: message.headers?["Nats-Pending-Messages"].flatMap { UInt32($0) })
  }

  init(_ status: NATSStatus, undelivered: UInt32? = nil) {
    let reason = status.reason.lowercased()
    switch status.code {
    case 100: self = .heartbeat
    case 404: self = .noMessages
    case 408: self = .ended(undelivered: undelivered.map { Int($0) })
    case 409 where reason.contains("consumer deleted"): self = .consumerDeleted
    case 409 where reason.contains("leadership change") || reason.contains("server shutdown"):
      self = .leaderChanged
    case 409 where reason.contains("push based"), 400:
      self = .refused("\(status)")
    case 409 where reason.contains("batch completed"): self = .completed(undelivered: Int(undelivered ?? 0))
    case 409 where reason.contains("message size exceeds maxbytes"):
      self = .completed(undelivered: undelivered.map { Int($0) })
    case 409 where reason.contains("exceeded max") && !reason.contains("maxwaiting"):
      // Batch, expiry or bytes exceed the limits of the consumer. Too many waiting requests are a temporary condition.
      self = .refused("\(status)")
    case 503: self = .noResponders
    // 423: another client is pinned. The request has ended and may be sent again.
    default: self = .ended(undelivered: undelivered.map { Int($0) })
    }
  }
}
