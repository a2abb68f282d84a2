/// Exit status of `plsctl`. `exec` exits with the remote program's exit code if it ran.
public struct ExitStatus: RawRepresentable, Sendable, Hashable {
  /// The code as a shell sees it.
  public var rawValue: Int32
  /// Creates a status from a code.
  public init(rawValue: Int32) { self.rawValue = rawValue }

  /// The command completed.
  public static let done = ExitStatus(rawValue: 0)
  /// The command ran on the agent and failed.
  public static let failed = ExitStatus(rawValue: 1)
  /// The command line is invalid.
  public static let usage = ExitStatus(rawValue: 2)
  /// The agent, command or operator does not exist.
  public static let notFound = ExitStatus(rawValue: 3)
  /// The agent or the platform rejected the command before it ran.
  public static let refused = ExitStatus(rawValue: 4)
  /// The command did not finish in time, or expired before it started.
  public static let timedOut = ExitStatus(rawValue: 5)
  /// `run`: the command completed on all agents it was sent to, and other selected agents were left out.
  public static let leftOut = ExitStatus(rawValue: 6)
  /// The server or the platform cannot be reached (`EX_UNAVAILABLE`).
  public static let unreachable = ExitStatus(rawValue: 69)
  /// The credentials are refused, or the operator's role does not allow it (`EX_NOPERM`).
  public static let noPermission = ExitStatus(rawValue: 77)
  /// The contexts file or the environment is wrong (`EX_CONFIG`).
  public static let configuration = ExitStatus(rawValue: 78)
  /// SIGINT or SIGTERM.
  public static let interrupted = ExitStatus(rawValue: 130)
}
