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
