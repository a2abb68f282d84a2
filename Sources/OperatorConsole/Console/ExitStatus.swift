/// What `plsctl` exits with. `exec` exits with the code of the remote program where it ran.
public struct ExitStatus: RawRepresentable, Sendable, Hashable {
  /// The code that the shell sees.
  public var rawValue: Int32
  /// A code.
  public init(rawValue: Int32) { self.rawValue = rawValue }

  /// It was done.
  public static let done = ExitStatus(rawValue: 0)
  /// The command was tried on the agent and did not succeed.
  public static let failed = ExitStatus(rawValue: 1)
  /// The command line cannot be understood.
  public static let usage = ExitStatus(rawValue: 2)
  /// There is no such agent, command, operator.
  public static let notFound = ExitStatus(rawValue: 3)
  /// The agent or the platform refused it before anything ran.
  public static let refused = ExitStatus(rawValue: 4)
  /// It did not end in time, or its time to start ran out.
  public static let timedOut = ExitStatus(rawValue: 5)
  /// `run`: it was done on all agents that it was begun on, and others that were picked were left out.
  public static let leftOut = ExitStatus(rawValue: 6)
  /// The server or the platform cannot be reached (`EX_UNAVAILABLE`).
  public static let unreachable = ExitStatus(rawValue: 69)
  /// The credentials are refused, or the operator's role does not allow it (`EX_NOPERM`).
  public static let noPermission = ExitStatus(rawValue: 77)
  /// The contexts file or the environment is wrong (`EX_CONFIG`).
  public static let configuration = ExitStatus(rawValue: 78)
  /// Ctrl-C.
  public static let interrupted = ExitStatus(rawValue: 130)
}
