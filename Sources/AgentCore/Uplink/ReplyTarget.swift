/// Where the result of a command goes.
struct ReplyTarget: Sendable, Equatable {
  /// The inbox that the envelope named; nil = the events subject.
  let replyTo: String?
  /// The connection that the command came over: the permission to answer to an inbox dies with it.
  let connectionID: UInt64

  /// A way back.
  init(replyTo: String?, connectionID: UInt64) {
    self.replyTo = replyTo
    self.connectionID = connectionID
  }
}
