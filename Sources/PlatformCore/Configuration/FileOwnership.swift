import Glibc

/// Who besides root could change a file of the platform, by its owner and by the folders that lead to it. A service that may
/// write its own keys and configuration keeps what an attacker wrote there.
enum FileOwnership {
  /// Owner and permissions of a file or folder, as in stat(2).
  struct Status: Sendable, Equatable {
    var path: String
    var owner: UInt32
    var group: UInt32
    /// Permission bits, the sticky bit among them.
    var mode: UInt32
  }

  /// What is wrong with the first of them, if anything.
  ///
  /// - Parameters:
  ///   - user, group: of this process.
  static func problem(file: Status, folders: [Status], user: UInt32, group: UInt32) -> String? {
    let advice = "chown root:plusclouds-platform, chmod 0640"
    if file.owner != 0 {
      return file.owner == user
        ? "can be changed by the user that the platform runs as: \(advice)"
        : "can be changed by user \(file.owner), its owner: \(advice)"
    }
    for folder in folders {
      if folder.owner != 0 {
        return "can be replaced by user \(folder.owner), the owner of \(folder.path): chown root, chmod 0750"
      }
      // In a folder with the sticky bit, others can't replace what is not theirs.
      if folder.mode & 0o1000 != 0 { continue }
      if folder.mode & 0o002 != 0 || (folder.mode & 0o020 != 0 && folder.group != 0) {
        return "can be replaced by others, who can write in \(folder.path): chmod go-w"
      }
    }
    return nil
  }

  /// What is wrong with a file that was read, by what is on disk now.
  static func problem(path: String, _ file: TextFile) -> String? {
    problem(
      file: Status(path: path, owner: file.owner, group: file.group, mode: file.mode),
      folders: folders(above: path), user: geteuid(), group: getegid())
  }

  /// The folders above a path, and above what links in it lead to.
  private static func folders(above path: String) -> [Status] {
    var statuses: [Status] = []
    let absolute = path.hasPrefix("/") ? path : resolved(".").map { "\($0)/\(path)" }
    for start in [absolute, resolved(path)].compactMap({ $0 }) {
      var folder = start[...]
      while let slash = folder.lastIndex(of: "/") {
        folder = folder[..<slash]
        let name = folder.isEmpty ? "/" : String(folder)
        var status = stat()
        guard !statuses.contains(where: { $0.path == name }), stat(name, &status) == 0 else { continue }
        statuses.append(
          Status(path: name, owner: status.st_uid, group: status.st_gid, mode: status.st_mode & 0o7777))
      }
    }
    return statuses
  }

  private static func resolved(_ path: String) -> String? {
    guard let text = realpath(path, nil) else { return nil }
    defer { free(text) }
    return String(cString: text)
  }
}
