import NATS

/// What a server says about a pull instead of a message (ADR-13, ADR-37).
enum PullStatus: Hashable {
  /// It still has it.
  case heartbeat
  /// It is over; so many messages and bytes of it were not delivered.
  case ended(undelivered: Int?)
  /// All its messages were delivered, or those that fit into its bytes; so many were not, nil when the server does not say.
  case completed(undelivered: Int?)
  /// There is nothing to deliver, and it was not to wait.
  case noMessages
  /// Who had it leads no longer, and forgot it.
  case leaderChanged
  /// There is no such consumer any more.
  case consumerDeleted
  /// Nobody is there to take it: the consumer has no leader, or does not exist.
  case noResponders
  /// It can't be done like this.
  case refused(String)

  /// Reads a status; nil if the message has none, and so is a delivery.
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
      // Batch, expiry or bytes are over what the consumer allows; too many waiting pulls pass by themselves.
      self = .refused("\(status)")
    case 503: self = .noResponders
    // 423: another client is pinned; the pull is over and may be made again.
    default: self = .ended(undelivered: undelivered.map { Int($0) })
    }
  }
}
