/// A transient service that runs one program in a control group of its own, and outlives the agent.
///
/// Its standard input is empty. systemd expands no variables in its arguments. Signals have their default dispositions, including
/// SIGPIPE.
public struct TransientService: Sendable {
  /// The destination of the program's output.
  public enum Output: Sendable, Equatable {
    /// Descriptors of this process, which are duplicated.
    case descriptors(stdout: Int32, stderr: Int32)
    /// Files, which this process creates (0600) or truncates before the start. Both may be the same file.
    case files(stdout: String, stderr: String)
    /// The journal.
    case journal
  }

  /// Which processes of the service a stop terminates, systemd.kill(5).
  public enum KillMode: String, Sendable {
    /// All: SIGTERM, and SIGKILL after `stopGrace`.
    case controlGroup = "control-group"
    /// SIGTERM to the main process only, SIGKILL to all that are left.
    case mixed
    /// The main process only.
    case process
  }

  /// What happens to the other processes when the out-of-memory killer has killed one, systemd.service(5).
  public enum OutOfMemoryPolicy: String, Sendable {
    /// They continue to run.
    case `continue`
    /// They are stopped, and the ending is `oom-kill`.
    case stop
    /// The kernel kills them too, and the ending is `oom-kill`.
    case kill
  }

  /// When the start of the service is complete, `Type=` of systemd.service(5).
  public enum Kind: String, Sendable {
    /// When the program was executed. `Systemd.start` throws when it cannot be.
    case exec
    /// At once.
    case simple
    /// When the program has ended.
    case oneshot
  }

  /// The name of the unit, `plusclouds-update.service`.
  public var name: String
  /// The description in systemctl(1) and the journal.
  public var description: String
  /// The program, an absolute path.
  public var executable: String
  /// The arguments after the program's own name.
  public var arguments: [String]
  /// Variables in addition to those that systemd sets for every service: PATH, LANG and, with a user, HOME, LOGNAME, USER, SHELL.
  public var environment: [(name: String, value: String)]
  /// Variables that are removed from its environment, regardless of their origin.
  public var unsetVariables: [String]
  /// The working directory, an absolute path.
  public var workingDirectory: String
  /// The user it runs as; nil for root.
  public var user: String?
  /// The destination of its output.
  public var output: Output
  /// The longest run time, after which it is stopped with the ending `timeout`; nil for no limit.
  public var timeLimit: Duration?
  /// The time between SIGTERM and SIGKILL when it is stopped.
  public var stopGrace: Duration
  /// `OOMScoreAdjust=`, -1000 to 1000; nil for systemd's default.
  public var oomScoreAdjustment: Int32?
  /// What happens when the out-of-memory killer has killed one of its processes.
  public var outOfMemoryPolicy: OutOfMemoryPolicy
  /// Whether systemd does not log its start and end to the journal.
  public var isQuiet = false
  /// The nice value of its processes, -20 to 19.
  public var niceness: Int32 = 0
  /// Whether the unit is unloaded also after a failure. Otherwise it must be reset (`Systemd.resetFailed`) before its name can be
  /// used again.
  public var isCollected: Bool
  /// When its start is complete.
  public var kind: Kind
  /// Which processes a stop terminates.
  public var killMode: KillMode
  /// Whether its programs can gain privileges by set-user-ID bits or file capabilities. If not, it starts without capabilities
  /// too.
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
