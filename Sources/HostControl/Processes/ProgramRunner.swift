/// Runs programs and captures their output.
public protocol ProgramRunner: Sendable {
  /// Runs a program until it has ended.
  ///
  /// Returns when the program itself has ended and its output is closed. When a process that it has left in the background keeps
  /// the output open, that is read for 250 ms more. Cancelling the task terminates the program and its descendants: SIGTERM, and
  /// after `terminationGrace` SIGKILL. The outcome then has the ending `.terminated` and the output until then.
  ///
  /// - Throws: `ProcessError` when the program could not be started.
  func run(_ request: ProcessRequest) async throws(ProcessError) -> ProcessOutcome

  /// Terminates the runs for a purpose that an earlier process of this program has left running, where the runner can find them
  /// by their purpose. `LeftoverProcess` terminates those recorded by `onStart`.
  func endLeftovers(of purpose: String) async
}
