/// Runs programs and answers with their output.
public protocol ProgramRunner: Sendable {
  /// Runs a program to its end.
  ///
  /// The answer comes when the program itself has ended and its output is closed. A process that it leaves in the
  /// background with the output open is waited for 250 ms more and then left alone. When the surrounding task is
  /// cancelled, the program and all it started are ended: SIGTERM, and after `terminationGrace` SIGKILL. The answer then is
  /// an outcome with the ending `.terminated` and the output until then, no error.
  ///
  /// - Throws: `ProcessError` when the program could not be started.
  func run(_ request: ProcessRequest) async throws(ProcessError) -> ProcessOutcome

  /// Ends what is left of the runs for a purpose that an earlier process of this program could not end, as far as the purpose
  /// tells what that is; `LeftoverProcess` ends what was noted by `onStart`.
  func endLeftovers(of purpose: String) async
}
