/// A service that is made to run one program and then is gone: it has a control group of its own, and outlives the agent.
///
/// Its standard input is empty, and its arguments are given to the program as they are: systemd expands no variables in them.
/// Signals have their default dispositions, SIGPIPE too.
public struct TransientService: Sendable {
  /// Where the program's output goes.
  public enum Output: Sendable, Equatable {
    /// Into descriptors of this process, which keeps its own copies.
    case descriptors(stdout: Int32, stderr: Int32)
    /// Into files, which this process makes (0600) or empties before the start. The two may be the same file.
    case files(stdout: String, stderr: String)
    /// Into the journal.
    case journal
  }

  /// What happens to the other processes of the service when it is stopped, systemd.kill(5).
  public enum KillMode: String, Sendable {
    /// All are ended: SIGTERM, and SIGKILL after `stopGrace`.
    case controlGroup = "control-group"
    /// SIGTERM to the main process alone, SIGKILL to all that are left.
    case mixed
    /// The main process alone is ended.
    case process
  }

  /// What happens to the others when the kernel has killed one of its processes for want of memory, systemd.service(5).
  public enum OutOfMemoryPolicy: String, Sendable {
    /// They run on.
    case `continue`
    /// They are stopped, and the ending is `oom-kill`.
    case stop
    /// The kernel kills them too, and the ending is `oom-kill`.
    case kill
  }

  /// When its start counts as done, systemd.service(5).
  public enum Kind: String, Sendable {
    /// When the program is executed: one that cannot be is an error of `Systemd.start`.
    case exec
    /// At once.
    case simple
    /// When the program has ended.
    case oneshot
  }

  /// The unit's name, `plusclouds-update.service`.
  public var name: String
  /// What it says about itself in systemctl(1) and the journal.
  public var description: String
  /// The program, an absolute path.
  public var executable: String
  /// The arguments after the program's own name.
  public var arguments: [String]
  /// Variables besides those that systemd sets for every service: PATH, LANG and, with a user, HOME, LOGNAME, USER, SHELL.
  public var environment: [(name: String, value: String)]
  /// Variables that it is not given, wherever they come from.
  public var unsetVariables: [String]
  /// The folder it starts in, an absolute path.
  public var workingDirectory: String
  /// The user it runs as; nil for root.
  public var user: String?
  /// Where its output goes.
  public var output: Output
  /// How long it may run at most; then it is ended as by a stop, and its ending is `timeout`. nil for ever.
  public var timeLimit: Duration?
  /// How long after SIGTERM it has to end, before SIGKILL.
  public var stopGrace: Duration
  /// What the kernel adds to its out-of-memory score, -1000 to 1000; nil for what systemd gives a service.
  public var oomScoreAdjustment: Int32?
  /// What happens when one of its processes is killed for want of memory.
  public var outOfMemoryPolicy: OutOfMemoryPolicy
  /// Whether systemd leaves its start and its end out of the journal.
  public var isQuiet = false
  /// The nice value of its processes, -20 to 19.
  public var niceness: Int32 = 0
  /// Whether the unit vanishes also when it failed. One that stays must be reset (`Systemd.resetFailed`) before its name can be
  /// used again.
  public var isCollected: Bool
  /// When its start counts as done.
  public var kind: Kind
  /// Whom a stop ends.
  public var killMode: KillMode
  /// Whether a program of it can gain privileges by its file's bits or capabilities. One that cannot has none from the start,
  /// either.
  public var canGainPrivileges: Bool

  /// Describes a service.
  public init(
    name: String, description: String, executable: String, arguments: [String] = [],
    environment: [(name: String, value: String)] = [], unsetVariables: [String] = [],
    workingDirectory: String = "/", user: String? = nil,
    output: Output = .journal, timeLimit: Duration? = nil, stopGrace: Duration = .seconds(5),
    oomScoreAdjustment: Int32? = nil, outOfMemoryPolicy: OutOfMemoryPolicy = .continue,
    isCollected: Bool = true, kind: Kind = .exec, killMode: KillMode = .controlGroup,
    canGainPrivileges: Bool = true
  ) {
    self.name = name
    self.description = description
    self.executable = executable
    self.arguments = arguments
    self.environment = environment
    self.unsetVariables = unsetVariables
    self.workingDirectory = workingDirectory
    self.user = user
    self.output = output
    self.timeLimit = timeLimit
    self.stopGrace = stopGrace
    self.oomScoreAdjustment = oomScoreAdjustment
    self.outOfMemoryPolicy = outOfMemoryPolicy
    self.isCollected = isCollected
    self.kind = kind
    self.killMode = killMode
    self.canGainPrivileges = canGainPrivileges
  }
}
