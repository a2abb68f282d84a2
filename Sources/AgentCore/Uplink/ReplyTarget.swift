/// The destination of the result of a command.
struct ReplyTarget: Sendable, Equatable {
  /// The `reply_to` inbox of the envelope; nil = the events subject.
  let replyTo: String?
  /// The connection over which the command was received. The permission to publish to the inbox ends with it.
  let connectionID: UInt64

  /// Creates a target.
  init(replyTo: String?, connectionID: UInt64) {
    self.replyTo = replyTo
    self.connectionID = connectionID
  }
}
