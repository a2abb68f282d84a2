/// Receives the events that concern commands.
protocol EventObserver: Sendable {
  /// An agent published its capabilities at `time` (unix seconds), in the message with the id `messageID`.
  func announced(_ uuid: String, keepsJournal: Bool, in messageID: String, at time: Double)
  /// An agent published a heartbeat.
  func heartbeat(of uuid: String, in messageID: String, at time: Double)
  /// An agent published a result. Returns true when the observer calls ``InFlightResult/complete()`` later.
  func answered(_ result: AgentEvent.Result, of uuid: String, read: InFlightResult, at time: Double) -> Bool
  /// Two hosts seem to share the identity.
  func cloneSuspected(_ uuid: String, evidence: String)
}
