import Glibc

/// The folder for state that survives a restart.
struct StateFolder: Sendable, Equatable {
  /// The path of a writable folder; nil = state is kept in memory.
  let path: String?
  /// A message for the operator, to be logged once at `warning`.
  let warning: String?

  /// Finds the folder, and creates it (0700) if necessary.
  ///
  /// Alternatives are tried only for the default folder: the log folder, which the sandbox of an old unit file permits, and the state
  /// folder of a user other than root. There is no alternative to a configured folder.
  ///
  /// - Parameters:
  ///   - configured: `agent.state_dir`.
  ///   - standard: The default of `agent.state_dir`.
  ///   - sandboxed: The alternative in the log folder.
  ///   - environment: The process environment, for `XDG_STATE_HOME` and `HOME`.
  init(
    _ configured: String, standard: String = AgentSettings.defaultStateDirectory,
    sandboxed: String = "/var/log/plusclouds/.state", environment: [String: String]
  ) {
    var candidates = [configured]
    if configured == standard {
      candidates.append(sandboxed)
      if let home = environment["XDG_STATE_HOME"], home.hasPrefix("/") {
        candidates.append("\(home)/plusclouds")
      } else if let home = environment["HOME"], home.hasPrefix("/") {
        candidates.append("\(home)/.local/state/plusclouds")
      }
    }
    var problems: [String] = []
    for candidate in candidates {
      guard let problem = Self.problem(with: candidate) else {
        path = candidate
        warning = problems.isEmpty ? nil : "\(problems.joined(separator: "; ")); using \(candidate)"
        return
      }
      problems.append("\(candidate): \(problem)")
    }
    path = nil
    warning =
      "agent.state_dir cannot be used (\(problems.joined(separator: "; "))): the journal is kept in memory and ends with the "
      + "agent"
  }

  /// The reason why a folder cannot be used; nil when it can.
  private static func problem(with path: String) -> String? {
    if let code = make(path) { return String(cString: strerror(code)) }
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return String(cString: strerror(errno)) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, access(path, W_OK | X_OK) == 0 else {
      return String(cString: strerror(errno))
    }
    guard status.st_uid == geteuid() || status.st_uid == 0, status.st_mode & 0o022 == 0 else {
      return "others can write to it"
    }
    return nil
  }

  /// Creates a folder and its parents.
  ///
  /// - Returns: An error number; nil when the folder exists afterwards.
  private static func make(_ path: String) -> Int32? {
    guard mkdir(path, 0o700) != 0, errno != EEXIST else { return nil }
    let code = errno
    guard code == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return code }
    return make(String(path[..<slash])) ?? (mkdir(path, 0o700) == 0 || errno == EEXIST ? nil : errno)
  }
}
