/// How a program ended and what it wrote.
public struct ProcessOutcome: Sendable {
  /// How a program ended.
  public enum Ending: Sendable, Equatable {
    /// It ended by itself with this exit code, 0 to 255.
    case exited(Int32)
    /// A signal that did not come from this library ended it; signal(7) lists the numbers.
    case signalled(Int32)
    /// The run was cancelled, and this library ended the program and all it had started.
    case terminated
    /// It has ended, but how is not known; the text says more.
    case unknown(String)
  }

  /// How the program ended.
  public let ending: Ending
  /// What it wrote to standard output.
  public let stdout: CapturedOutput
  /// What it wrote to standard error.
  public let stderr: CapturedOutput
  /// The time from the start of the program to the end of the run.
  public let duration: Duration

  /// Creates an outcome.
  ///
  /// - Parameters:
  ///   - ending: How the program ended.
  ///   - stdout: What it wrote to standard output.
  ///   - stderr: What it wrote to standard error.
  ///   - duration: The time from the start of the program to the end of the run.
  public init(ending: Ending, stdout: CapturedOutput, stderr: CapturedOutput, duration: Duration) {
    self.ending = ending
    self.stdout = stdout
    self.stderr = stderr
    self.duration = duration
  }

  /// The answer to a run that was cancelled before the program was started.
  static var nothingRan: ProcessOutcome {
    let nothing = CapturedOutput(bytes: [], headCount: 0, totalBytes: 0)
    return ProcessOutcome(ending: .terminated, stdout: nothing, stderr: nothing, duration: .zero)
  }
}
