/// How a program ended, and its output.
public struct ProcessOutcome: Sendable {
  /// How a program ended.
  public enum Ending: Sendable, Equatable {
    /// The program exited with this code, 0 to 255.
    case exited(Int32)
    /// A signal of another sender, see signal(7), terminated the program.
    case signalled(Int32)
    /// The run was cancelled, which terminated the program and its descendants.
    case terminated
    /// How the program ended is unknown, for the given reason.
    case unknown(String)
  }

  /// How the program ended.
  public let ending: Ending
  /// The captured standard output.
  public let stdout: CapturedOutput
  /// The captured standard error.
  public let stderr: CapturedOutput
  /// The time from the start of the program to the end of the run.
  public let duration: Duration

  /// Creates an outcome.
  ///
  /// - Parameters:
  ///   - ending: How the program ended.
  ///   - stdout: The captured standard output.
  ///   - stderr: The captured standard error.
  ///   - duration: The time from the start of the program to the end of the run.
  public init(ending: Ending, stdout: CapturedOutput, stderr: CapturedOutput, duration: Duration) {
    self.ending = ending
    self.stdout = stdout
    self.stderr = stderr
    self.duration = duration
  }

  /// The outcome of a run that was cancelled before the program was started.
  static var notStarted: ProcessOutcome {
    let nothing = CapturedOutput(bytes: [], headCount: 0, totalBytes: 0)
    return ProcessOutcome(ending: .terminated, stdout: nothing, stderr: nothing, duration: .zero)
  }
}
