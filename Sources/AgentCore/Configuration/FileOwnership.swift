internal import Glibc

/// Who besides root and the agent's own user could change a file, by its owner and by the folders that lead to it.
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
    if file.owner != 0, file.owner != user {
      return "belongs to user \(file.owner), who could widen the allowlists; chown it to root"
    }
    for folder in folders {
      if folder.owner != 0, folder.owner != user {
        return "could be replaced by user \(folder.owner), the owner of \(folder.path), who could widen the "
          + "allowlists; chown the folder to root"
      }
      // In a folder with the sticky bit, others can't replace what is not theirs.
      if folder.mode & 0o1000 != 0 { continue }
      let isOpenToGroup = folder.mode & 0o020 != 0 && folder.group != 0 && folder.group != group
      if folder.mode & 0o002 != 0 || isOpenToGroup {
        return "could be replaced by others, who can write in \(folder.path) and could widen the allowlists; "
          + "chmod go-w the folder"
      }
    }
    return nil
  }

  /// What is wrong with a file that was opened, by what is on disk now.
  static func problem(path: String, owner: UInt32, group: UInt32, mode: UInt32) -> String? {
    problem(
      file: Status(path: path, owner: owner, group: group, mode: mode), folders: folders(above: path),
      user: geteuid(), group: getegid())
  }

  /// The folders above a path, and above what links in it lead to.
  private static func folders(above path: String) -> [Status] {
    var statuses: [Status] = []
    for start in [absolute(path), resolved(path)].compactMap({ $0 }) {
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

  private static func absolute(_ path: String) -> String? {
    if path.hasPrefix("/") { return path }
    return resolved(".").map { "\($0)/\(path)" }
  }

  private static func resolved(_ path: String) -> String? {
    guard let text = realpath(path, nil) else { return nil }
    defer { free(text) }
    return String(cString: text)
  }
}
