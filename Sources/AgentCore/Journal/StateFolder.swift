import Glibc

/// Where the agent keeps what has to be known after a restart.
struct StateFolder: Sendable, Equatable {
  /// The folder, which is there and can be written; nil = there is none, what is kept is kept in memory.
  let path: String?
  /// What the operator should know, to be logged once at `warning`.
  let warning: String?

  /// Finds the folder, and makes it (0700) where it is missing.
  ///
  /// Only where the default folder cannot be written others are tried: an old unit's sandbox permits the log folder, a user
  /// who is not root has a folder of his own. A folder that was configured is used or not.
  ///
  /// - Parameters:
  ///   - configured: `agent.state_dir`.
  ///   - standard: The default of it.
  ///   - environment: Of the process, for `XDG_STATE_HOME` and `HOME`.
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
      "agent.state_dir cannot be used (\(problems.joined(separator: "; "))): commands are remembered until the agent ends, "
      + "and not longer"
  }

  /// Why a folder cannot be used, if so.
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

  /// Makes a folder and those above it.
  ///
  /// - Returns: The error number, if it is not there afterwards.
  private static func make(_ path: String) -> Int32? {
    guard mkdir(path, 0o700) != 0, errno != EEXIST else { return nil }
    let code = errno
    guard code == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return code }
    return make(String(path[..<slash])) ?? (mkdir(path, 0o700) == 0 || errno == EEXIST ? nil : errno)
  }
}
