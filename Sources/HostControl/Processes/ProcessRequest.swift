/// A program to run, with everything it is given: nothing else of this process reaches it.
///
/// The program runs in a session and process group of its own, with `/dev/null` as standard input,
/// umask 022, default signal dispositions and an empty signal mask.
public struct ProcessRequest: Sendable {
  /// The program file, an absolute path. It is never searched in `PATH` and never given to a shell.
  public var executable: String
  /// The arguments after the program's own name (which is `executable`).
  public var arguments: [String]
  /// The whole environment, in this order.
  public var environment: [(name: String, value: String)]
  /// The folder the program starts in, an absolute path.
  public var workingDirectory: String
  /// How many bytes are kept of each output stream: its first half from the beginning, the other
  /// half from the end. What comes between is read and counted, but not kept.
  public var outputLimit: Int
  /// How long after SIGTERM the tree is given to end when the run is cancelled, before SIGKILL.
  public var terminationGrace: Duration

  /// Describes a program to run.
  ///
  /// - Parameters:
  ///   - executable: The program file, an absolute path.
  ///   - arguments: The arguments after the program's own name.
  ///   - environment: The whole environment.
  ///   - workingDirectory: The folder the program starts in, an absolute path.
  ///   - outputLimit: Bytes kept of each output stream; below zero counts as zero.
  ///   - terminationGrace: The time between SIGTERM and SIGKILL when the run is cancelled.
  public init(
    executable: String, arguments: [String] = [], environment: [(name: String, value: String)] = [],
    workingDirectory: String = "/", outputLimit: Int = 256 * 1024,
    terminationGrace: Duration = .milliseconds(300)
  ) {
    self.executable = executable
    self.arguments = arguments
    self.environment = environment
    self.workingDirectory = workingDirectory
    self.outputLimit = outputLimit
    self.terminationGrace = terminationGrace
  }
}
