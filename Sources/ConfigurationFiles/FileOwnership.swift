internal import Encoding
internal import Glibc

/// Finds untrusted users who could change a file, by the owner of the file and the folders above it.
package enum FileOwnership {
  /// Owner and permissions of a file or folder, as in stat(2).
  package struct Status: Sendable, Equatable {
    package var path: String
    package var owner: UInt32
    package var group: UInt32
    /// Permission bits, including the sticky bit.
    package var mode: UInt32

    package init(path: String, owner: UInt32, group: UInt32, mode: UInt32) {
      self.path = path
      self.owner = owner
      self.group = group
      self.mode = mode
    }
  }

  /// The users and groups that may change a file.
  package struct Trust: Sendable {
    package var users: [UInt32]
    package var groups: [UInt32]

    package init(users: [UInt32], groups: [UInt32]) {
      self.users = users
      self.groups = groups
    }

    /// Root only.
    package static let root = Trust(users: [0], groups: [0])

    /// Root, and user and group of this process.
    package static var rootAndProcess: Trust { Trust(users: [0, geteuid()], groups: [0, getegid()]) }
  }

  /// How an untrusted user could change a file.
  package enum Weakness: Sendable, Equatable {
    /// The owner of the file is not trusted.
    case owner(UInt32)
    /// The owner of a folder above the file is not trusted, and could replace the file.
    case folderOwner(UInt32, folder: String)
    /// Untrusted users have write access to a folder above the file, and could replace it.
    case writableFolder(String)
  }

  /// The first weakness of a file and the folders above it.
  package static func weakness(of file: Status, in folders: [Status], trusting trust: Trust) -> Weakness? {
    guard trust.users.contains(file.owner) else { return .owner(file.owner) }
    for folder in folders {
      guard trust.users.contains(folder.owner) else {
        return .folderOwner(folder.owner, folder: folder.path)
      }
      // The sticky bit of a folder prevents others from replacing files.
      if folder.mode & 0o1000 != 0 { continue }
      let isGroupWritable = folder.mode & 0o020 != 0 && !trust.groups.contains(folder.group)
      if folder.mode & 0o002 != 0 || isGroupWritable { return .writableFolder(folder.path) }
    }
    return nil
  }

  /// The first weakness of an opened file. Reads the status of the folders above it.
  package static func weakness(of file: Status, trusting trust: Trust) -> Weakness? {
    weakness(of: file, in: folders(above: file.path), trusting: trust)
  }

  /// The folders above a path, and above the targets of symbolic links in it.
  private static func folders(above path: String) -> [Status] {
    var statuses: [Status] = []
    for start in [absolute(path), resolved(path)].compactMap({ $0 }) {
      var folder = Substring(start).utf8
      while let slash = folder.lastIndex(of: UInt8(ascii: "/")) {
        folder = folder[..<slash]
        let name = folder.isEmpty ? "/" : String(Substring(folder))
        var status = stat()
        guard !statuses.contains(where: { $0.path.hasSameBytes(as: name) }), stat(name, &status) == 0 else {
          continue
        }
        statuses.append(
          Status(path: name, owner: status.st_uid, group: status.st_gid, mode: status.st_mode & 0o7777))
      }
    }
    return statuses
  }

  private static func absolute(_ path: String) -> String? {
    if path.utf8.first == UInt8(ascii: "/") { return path }
    return resolved(".").map { "\($0)/\(path)" }
  }

  private static func resolved(_ path: String) -> String? {
    guard let text = realpath(path, nil) else { return nil }
    defer { free(text) }
    return String(cString: text)
  }
}
