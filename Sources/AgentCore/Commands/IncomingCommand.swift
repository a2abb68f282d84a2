/// A command that passed the gate, with the way back to who sent it.
struct IncomingCommand: Sendable {
  let admitted: AdmittedCommand
  let returnPath: ReturnPath
}

/// Where the result of a command goes.
struct ReturnPath: Sendable, Equatable {
  /// The inbox that the envelope named; nil = the events subject.
  let replyTo: String?
  /// The connection that the command came over: the permission to answer to an inbox dies with it.
  let connection: UInt64

  /// A way back.
  init(replyTo: String?, connection: UInt64) {
    self.replyTo = replyTo
    self.connection = connection
  }
}

/// A message from the command subject, as it came.
struct CommandMessage: Sendable {
  /// The message.
  let bytes: [UInt8]
  /// The connection that it came over.
  let connection: UInt64

  /// A message.
  init(bytes: [UInt8], connection: UInt64) {
    self.bytes = bytes
    self.connection = connection
  }
}
