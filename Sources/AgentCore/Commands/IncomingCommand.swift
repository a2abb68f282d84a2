import AgentProtocol

/// A message from the command subject.
struct CommandMessage: Sendable {
  /// The payload of the message.
  let bytes: [UInt8]
  /// The connection over which it was received.
  let connectionID: UInt64

  /// Creates a message.
  init(bytes: [UInt8], connectionID: UInt64) {
    self.bytes = bytes
    self.connectionID = connectionID
  }
}

/// A decoded command that is addressed to this agent, before the policy is applied.
struct CommandRequest: Sendable {
  /// The command id; empty when it has none.
  let id: String
  /// The operation and its parameters.
  let payload: CommandPayload
  /// The timestamp of the envelope, in unix seconds, if it has one.
  let sentAt: Int64?

  /// The time of the first submission as claimed by the sender, in unix seconds; nil without a claim.
  ///
  /// A retry has a new `timestamp` and the original `made_at`. The earlier of the two counts, so that neither makes a command look
  /// younger.
  var madeAt: Int64? {
    guard let madeAt = payload.madeAt else { return sentAt }
    return min(madeAt, sentAt ?? madeAt)
  }
}

/// An admitted command with its reply target.
struct IncomingCommand: Sendable {
  let admitted: AdmittedCommand
  /// The reply target of the first delivery. The journal holds the newest one.
  let replyTarget: ReplyTarget
  /// The key of its journal entry; nil = it is not journalled.
  let key: JournalKey?
  /// The memory that it holds while it waits, in bytes.
  let size: Int
}
