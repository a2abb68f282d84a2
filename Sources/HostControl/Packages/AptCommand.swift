import Encoding

/// A command of an update: a program with its arguments. None of them is interactive.
public struct AptCommand: Sendable, Equatable {
  /// The program file.
  let executable: String
  let arguments: [String]

  /// The path of apt-get on every system that has it.
  public static let aptGet = "/usr/bin/apt-get"
  private static let dpkg = "/usr/bin/dpkg"
  private static let dpkgQuery = "/usr/bin/dpkg-query"

  /// dpkg(1): configuration files that were changed on this machine are kept, all others are replaced.
  private static let conffileChoice = ["--force-confdef", "--force-confold"]

  /// apt-get(8), apt.conf(5).
  ///
  /// `Use-Pty=0`: the output of dpkg has no terminal codes. `Lock::Timeout`: the seconds that apt itself waits for dpkg's lock, as
  /// another program may take it after ``PackageLock`` has found it free; apt does not wait for its other locks. `-q=1`: prints
  /// the lines that ``AptSourceReport`` reads, regardless of apt.conf.
  private static let aptOptions =
    ["-y", "-q=1", "-o", "Dpkg::Use-Pty=0", "-o", "DPkg::Lock::Timeout=60", "-o", "Acquire::Retries=3"]
    + conffileChoice.flatMap { ["-o", "Dpkg::Options::=\($0)"] }

  /// Lists the packages that dpkg has not finished installing.
  static let audit = AptCommand(executable: dpkg, arguments: ["--audit"])
  /// Configures the packages that dpkg has not finished installing.
  static let repair = AptCommand(executable: dpkg, arguments: conffileChoice + ["--configure", "-a"])
  /// Lists the packages, for ``PackageList``.
  static let list = AptCommand(
    executable: dpkgQuery, arguments: ["--show", "--showformat", PackageList.format])
  /// Downloads the package lists.
  static let update = AptCommand(executable: aptGet, arguments: aptOptions + ["update"])
  /// Downloads the packages.
  static let download = AptCommand(
    executable: aptGet, arguments: aptOptions + upgradeOptions + ["--download-only", "upgrade"])
  /// Installs the packages.
  static let install = AptCommand(executable: aptGet, arguments: aptOptions + upgradeOptions + ["upgrade"])
  /// Installs the packages that could be downloaded.
  static let installAvailable = AptCommand(
    executable: aptGet, arguments: aptOptions + upgradeOptions + ["--fix-missing", "upgrade"])
  /// Simulates another upgrade, for ``RemainingUpgrades``.
  static let simulate = AptCommand(
    executable: aptGet, arguments: aptOptions + upgradeOptions + ["--simulate", "upgrade"])

  /// Installs new dependencies; `upgrade` never removes a package.
  private static let upgradeOptions = ["--with-new-pkgs"]

  /// The proxy variables, which are inherited.
  private static let inheritedVariables = [
    "http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY",
  ]

  /// The complete environment of all commands.
  ///
  /// - Parameter variables: The environment of the worker.
  static func environment(from variables: [String: String]) -> [(name: String, value: String)] {
    [
      ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
      ("HOME", "/root"),
      // The messages are parsed.
      ("LC_ALL", "C.UTF-8"),
      // debconf(7): takes the default answer of each question.
      ("DEBIAN_FRONTEND", "noninteractive"),
      ("DEBIAN_PRIORITY", "critical"),
      ("APT_LISTCHANGES_FRONTEND", "none"),
      ("APT_LISTBUGS_FRONTEND", "none"),
      // ucf(1): the same as --force-confold of dpkg.
      ("UCF_FORCE_CONFFOLD", "1"),
      // needrestart(1): lists the services to restart without restarting them.
      ("NEEDRESTART_MODE", "l"),
    ]
      + inheritedVariables.compactMap { name in variables[name].map { (name, $0) } }
  }

  /// Whether a command failed only because another program holds a lock, before it changed anything.
  ///
  /// - Parameter stderr: The standard error in the C locale, including that of package scripts, which may mention other locks.
  static func isLockHeld(_ stderr: String) -> Bool {
    let lines = stderr.lines
    return !lines.contains(where: isPackageError) && lines.contains(where: isLockError)
  }

  /// Whether a line reports a failed package or hook, which would fail again.
  private static func isPackageError(_ line: Substring) -> Bool {
    line.hasPrefix("dpkg: error processing") || String(line).isContaining("returned an error code")
  }

  /// Whether a line reports a lock that another process holds, not one that can't be opened.
  private static func isLockError(_ line: Substring) -> Bool {
    if line.hasPrefix("E: Could not get lock ") { return true }
    if line.hasPrefix("dpkg: error: dpkg ") { return String(line).isContaining("locked by another process") }
    return line.hasSuffix("is another process using it?")
      && (line.hasPrefix("E: Unable to acquire the dpkg ") || line.hasPrefix("E: Unable to lock the "))
  }
}

extension AptCommand {
  /// One sentence on the failure, with the first error message of the program, if any.
  func failure(_ ending: ProcessOutcome.Ending, stderr: String) -> String {
    let program = executable.split(separator: "/").last.map(String.init) ?? executable
    let name = ([program] + verb).joined(separator: " ")
    let how =
      switch ending {
      case .exited(let code): "failed with exit code \(code)"
      case .signalled(let signal): "was ended by signal \(signal)"
      case .terminated: "was ended"
      case .unknown(let reason): "ended: \(reason)"
      }
    let reason = stderr.lines.first { $0.hasPrefix("E: ") || $0.hasPrefix("dpkg: error") }
    return reason.map { "\(name) \(how): \($0.prefix(bytes: 300))" } ?? "\(name) \(how)"
  }

  private var verb: [String] { arguments.last.map { [$0] } ?? [] }
}
