/// A program to run, with everything it is given: nothing else of this process reaches it.
///
/// The program runs in a session and process group of its own, with `/dev/null` as standard input,
/// umask 022, default signal dispositions and an empty signal mask.
public struct ProcessRequest: Sendable {
  /// What it is run for, such as the id of a command; it names the run for whoever looks for it later.
  public var purpose: String
  /// The program file, an absolute path. It is never searched in `PATH` and never given to a shell.
  public var executable: String
  /// The arguments after the program's own name (which is `executable`).
  public var arguments: [String]
  /// The whole environment, in this order.
  public var environment: [(name: String, value: String)]
  /// The folder the program starts in, an absolute path.
  public var workingDirectory: String
  /// The user to run as, with that user's groups, no capability and no way to gain a privilege (no_new_privs);
  /// HOME, USER and LOGNAME are then that user's. Nil, or the user that this process runs as: as this process.
  public var user: String?
  /// How many bytes are kept of each output stream: its first half from the beginning, the other
  /// half from the end. What comes between is read and counted, but not kept.
  public var outputLimit: Int
  /// What the kept output is taken from, together with that of other runs; nil = from no budget. Its owner closes it.
  public var outputAccount: OutputBudget.Account?
  /// How long after SIGTERM the tree is given to end when the run is cancelled, before SIGKILL.
  public var terminationGrace: Duration
  /// The least `oom_score_adj` (proc_pid_oom_score_adj(5), 0 to 1000) that the program gets. It would inherit this
  /// process's, and with it its protection; so by default it goes before the agent and ordinary services (0), short of
  /// "always the first" (1000). Nil = it inherits.
  public var oomScoreAdjustment: Int32? = 500
  /// Whether it only reads, for a query: where systemd runs it, the journal has nothing of its start and its end, and it yields
  /// the processor to others (nice 10).
  public var isQuery = false
  /// Called once the program runs, before any of its output is read. It holds up the start of other programs.
  public var onStart: (@Sendable (ProcessIdentity) -> Void)?
  /// Called with all that the program writes, as it comes, at most 64 KiB at a time, and not after the answer.
  /// It holds up all other runs: it must not block.
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
  ///   - environment: The whole environment.
  ///   - workingDirectory: The folder the program starts in, an absolute path.
  ///   - user: The user to run as; nil = as this process.
  ///   - outputLimit: Bytes kept of each output stream; below zero counts as zero.
  ///   - terminationGrace: The time between SIGTERM and SIGKILL when the run is cancelled.
  ///   - purpose: What it is run for.
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
