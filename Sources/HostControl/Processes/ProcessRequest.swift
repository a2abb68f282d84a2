/// A program to run. It inherits nothing else from this process.
///
/// The program runs in a session and process group of its own, with `/dev/null` as standard input,
/// umask 022, default signal dispositions and an empty signal mask.
public struct ProcessRequest: Sendable {
  /// The purpose of the run, such as the id of a command, by which a later process of this program can find it.
  public var purpose: String
  /// The program file, an absolute path. Neither `PATH` nor a shell is used.
  public var executable: String
  /// The arguments after the program's own name (which is `executable`).
  public var arguments: [String]
  /// The complete environment, in this order.
  public var environment: [(name: String, value: String)]
  /// The working directory, an absolute path.
  public var workingDirectory: String
  /// The user to run as, with that user's groups, without capabilities and with no_new_privs; HOME, USER and LOGNAME are set to
  /// that user's. Nil, or the user of this process: the program runs with the privileges of this process.
  public var user: String?
  /// The most bytes that are captured of each output stream: half of them from its beginning, half from its end. Output between
  /// the two is counted and dropped.
  public var outputLimit: Int
  /// The account of the captured output, in a budget shared with other runs; nil = no budget. Closed by its owner.
  public var outputAccount: OutputBudget.Account?
  /// The time between SIGTERM and SIGKILL when the run is cancelled.
  public var terminationGrace: Duration
  /// The minimum `oom_score_adj` (proc_pid_oom_score_adj(5), 0 to 1000) of the program. By default it is killed before the agent
  /// and ordinary services (0), but not always first (1000). Nil = it inherits the value, and so the protection, of this process.
  public var oomScoreAdjustment: Int32? = 500
  /// Whether the program runs for a query. systemd then does not log its start and end to the journal, and gives it the nice
  /// value 10.
  public var isQuery = false
  /// Called when the program has been started, before its output is read. Starts of other programs wait for it.
  public var onStart: (@Sendable (ProcessIdentity) -> Void)?
  /// Called with the output as it is read, at most 64 KiB at a time, and never after the run has returned. All other runs wait for
  /// it, so it must not block.
  public var onOutput: (@Sendable (Stream, [UInt8]) -> Void)?

  /// An output stream of a program.
  public enum Stream: Sendable {
    /// Standard output.
    case stdout
    /// Standard error.
    case stderr
  }

  /// Describes a program to run.
  ///
  /// - Parameters:
  ///   - executable: The program file, an absolute path.
  ///   - arguments: The arguments after the program's own name.
  ///   - environment: The complete environment.
  ///   - workingDirectory: The working directory, an absolute path.
  ///   - user: The user to run as; nil = as this process.
  ///   - outputLimit: The most bytes that are captured of each output stream; a negative limit counts as 0.
  ///   - terminationGrace: The time between SIGTERM and SIGKILL when the run is cancelled.
  ///   - purpose: The purpose of the run.
  public init(
    executable: String, arguments: [String] = [], environment: [(name: String, value: String)] = [],
    workingDirectory: String = "/", user: String? = nil, outputLimit: Int = 256 * 1024,
    terminationGrace: Duration = .milliseconds(300), purpose: String = ""
  ) {
    self.purpose = purpose
    self.executable = executable
    self.arguments = arguments
    self.environment = environment
    self.workingDirectory = workingDirectory
    self.user = user
    self.outputLimit = outputLimit
    self.terminationGrace = terminationGrace
  }
}
