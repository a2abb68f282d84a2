import AgentProtocol

/// A message from the command subject, as it came.
struct CommandMessage: Sendable {
  /// The message.
  let bytes: [UInt8]
  /// The connection that it came over.
  let connectionID: UInt64

  /// A message.
  init(bytes: [UInt8], connectionID: UInt64) {
    self.bytes = bytes
    self.connectionID = connectionID
  }
}

/// A command that is addressed to this agent and can be read; nothing is said yet on whether it may run.
struct CommandRequest: Sendable {
  /// Its id; empty when it has none.
  let id: String
  /// What it asks for.
  let payload: CommandPayload
  /// When it was sent, in unix seconds; nil when the envelope does not say.
  let sentAt: Int64?

  /// When it was first submitted, in unix seconds, as its sender says; nil when he does not.
  ///
  /// A command that is sent again has a new `timestamp` and the old `made_at`. Of the two the earlier one counts, so that neither
  /// makes a command look younger.
  var madeAt: Int64? {
    guard let madeAt = payload.madeAt else { return sentAt }
    return min(madeAt, sentAt ?? madeAt)
  }
}

/// A command that passed the gate, with the way back to who sent it.
struct IncomingCommand: Sendable {
  let admitted: AdmittedCommand
  /// The way that it came; one that came again answers the newest way, which the journal knows.
  let replyTarget: ReplyTarget
  /// What the journal knows it by; nil = nothing is noted of it.
  let key: JournalKey?
  /// The bytes of memory that it holds while it waits.
  let size: Int
}
