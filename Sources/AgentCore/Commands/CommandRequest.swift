import AgentProtocol

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
