/// What an update runs: each program with its arguments and environment. Nothing here ever asks a question.
public struct AptCommand: Sendable, Equatable {
  /// The program file.
  let executable: String
  /// Its arguments.
  let arguments: [String]

  /// Where apt-get is, on every system that has it.
  public static let aptGet = "/usr/bin/apt-get"
  private static let dpkg = "/usr/bin/dpkg"
  private static let dpkgQuery = "/usr/bin/dpkg-query"

  /// dpkg(1): a configuration file that was changed here stays; of one that was not, the new one counts.
  private static let conffileChoice = ["--force-confdef", "--force-confold"]

  /// apt-get(8), apt.conf(5).
  ///
  /// `Use-Pty=0`: what dpkg says comes as it is, without terminal codes. Lock::Timeout: seconds that apt itself waits for
  /// dpkg's lock, for the moment between the look at the lock and its own; the other locks it does not wait for.
  /// `-q=1`: the lines that ``AptSourceReport`` reads, independent of apt.conf.
  private static let aptOptions =
    ["-y", "-q=1", "-o", "Dpkg::Use-Pty=0", "-o", "DPkg::Lock::Timeout=60", "-o", "Acquire::Retries=3"]
    + conffileChoice.flatMap { ["-o", "Dpkg::Options::=\($0)"] }

  /// Tells what dpkg has left undone.
  static let audit = AptCommand(executable: dpkg, arguments: ["--audit"])
  /// Finishes what dpkg has left undone.
  static let repair = AptCommand(executable: dpkg, arguments: conffileChoice + ["--configure", "-a"])
  /// Lists the packages, for ``PackageList``.
  static let list = AptCommand(
    executable: dpkgQuery, arguments: ["--show", "--showformat", PackageList.format])
  /// Fetches the lists of packages.
  static let update = AptCommand(executable: aptGet, arguments: aptOptions + ["update"])
  /// Fetches the packages.
  static let download = AptCommand(
    executable: aptGet, arguments: aptOptions + upgradeOptions + ["--download-only", "upgrade"])
  /// Installs them.
  static let install = AptCommand(executable: aptGet, arguments: aptOptions + upgradeOptions + ["upgrade"])
  /// Installs those that could be fetched.
  static let installAvailable = AptCommand(
    executable: aptGet, arguments: aptOptions + upgradeOptions + ["--fix-missing", "upgrade"])
  /// Prints what another upgrade would do, for ``RemainingUpgrades``.
  static let simulate = AptCommand(
    executable: aptGet, arguments: aptOptions + upgradeOptions + ["--simulate", "upgrade"])

  /// Packages that a new version needs are installed; nothing is ever removed.
  private static let upgradeOptions = ["--with-new-pkgs"]

  /// The variables that are passed on: how this machine reaches the network.
  private static let passedOn = [
    "http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY",
  ]

  /// The whole environment of all of them.
  ///
  /// - Parameter variables: The environment of the worker.
  static func environment(from variables: [String: String]) -> [(name: String, value: String)] {
    [
      ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
      ("HOME", "/root"),
      // So that messages can be recognised.
      ("LC_ALL", "C.UTF-8"),
      // debconf(7): questions are answered with their defaults.
      ("DEBIAN_FRONTEND", "noninteractive"),
      ("DEBIAN_PRIORITY", "critical"),
      ("APT_LISTCHANGES_FRONTEND", "none"),
      ("APT_LISTBUGS_FRONTEND", "none"),
      // ucf(1): as dpkg does with conffiles.
      ("UCF_FORCE_CONFFOLD", "1"),
      // needrestart(1): lists what should be restarted, and restarts nothing.
      ("NEEDRESTART_MODE", "l"),
    ]
      + passedOn.compactMap { name in variables[name].map { (name, $0) } }
  }

  /// Whether a failure only says that another program holds a lock, and nothing was done yet.
  ///
  /// - Parameter stderr: What was put out, in the C locale: by the scripts of packages too, which may speak of locks of
  ///   their own.
  static func isLockHeld(_ stderr: String) -> Bool {
    let lines = stderr.split(separator: "\n")
    return !lines.contains(where: tellsOfPackage) && lines.contains(where: tellsOfLock)
  }

  /// What apt and dpkg say of a package, or a hook, that failed: trying again would only fail again.
  private static func tellsOfPackage(_ line: Substring) -> Bool {
    line.hasPrefix("dpkg: error processing") || String(line).isContaining("returned an error code")
  }

  /// What apt and dpkg say of a lock that is held, and not of one that can't be opened.
  private static func tellsOfLock(_ line: Substring) -> Bool {
    if line.hasPrefix("E: Could not get lock ") { return true }
    if line.hasPrefix("dpkg: error: dpkg ") { return String(line).isContaining("locked by another process") }
    return line.hasSuffix("is another process using it?")
      && (line.hasPrefix("E: Unable to acquire the dpkg ") || line.hasPrefix("E: Unable to lock the "))
  }
}
