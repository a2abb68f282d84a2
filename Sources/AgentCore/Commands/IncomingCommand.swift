/// A command that passed the gate, with the way back to who sent it.
struct IncomingCommand: Sendable {
  let admitted: AdmittedCommand
  let returnPath: ReturnPath
  /// The bytes of memory that it holds while it waits.
  let size: Int
}
