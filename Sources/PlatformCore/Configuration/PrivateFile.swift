import Glibc
import PlatformAPI

/// Files that only their owner, or a group as well, may read. They are written under a temporary name, synchronised
/// and renamed: a file is either complete or unchanged.
enum PrivateFile {
  /// Writes a file.
  ///
  /// - Parameters:
  ///   - replaces: Whether an existing file is replaced; if not, one is an error with code `EEXIST`.
  ///   - group: The group that may read it (mode 0640); nil: its owner only (0600).
  static func write(
    _ text: String, to path: String, replaces: Bool, group: UInt32? = nil
  ) throws(FileError) {
    let draft = "\(path).\(getpid()).new"
    unlink(draft)
    do throws(FileError) {
      try create(draft, Array(text.utf8), group)
      if replaces {
        guard rename(draft, path) == 0 else { throw FileError(path, cannot: "written", errno) }
      } else {
        guard link(draft, path) == 0 else { throw FileError(path, cannot: "written", errno) }
        unlink(draft)
      }
    } catch {
      unlink(draft)
      throw FileError(path, error)
    }
  }

  private static func create(_ path: String, _ bytes: [UInt8], _ group: UInt32?) throws(FileError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw FileError(path, cannot: "written", errno) }
    defer { close(descriptor) }
    if let group, fchown(descriptor, uid_t.max, group) != 0 {
      throw FileError(path, cannot: "given to the group", errno)
    }
    guard fchmod(descriptor, group == nil ? 0o600 : 0o640) == 0 else {
      throw FileError(path, cannot: "written", errno)
    }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw FileError(path, cannot: "written", errno) }
      rest = rest.dropFirst(count)
    }
    guard fsync(descriptor) == 0 else { throw FileError(path, cannot: "written", errno) }
  }

  /// Creates a folder and those above it. A new one is accessible to its owner, and readable for a group.
  static func makeFolder(_ path: String, group: UInt32) throws(FileError) {
    var status = stat()
    let isThere = lstat(path, &status) == 0
    try makeFolder(path)
    guard !isThere else { return }
    guard chown(path, uid_t.max, group) == 0, chmod(path, 0o750) == 0 else {
      throw FileError(path, cannot: "given to the group", errno)
    }
  }

  /// Creates a folder and those above it. A new one is accessible to its owner only.
  static func makeFolder(_ path: String) throws(FileError) {
    if mkdir(path, 0o700) == 0 { return }
    switch errno {
    case EEXIST: break
    case ENOENT:
      guard let parent = AbsolutePath.parent(of: path), !parent.isEmpty else {
        throw FileError(path, cannot: "made", ENOENT)
      }
      try makeFolder(parent)
      guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw FileError(path, cannot: "made", errno) }
    case let code: throw FileError(path, cannot: "made", code)
    }
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      throw FileError(path, "is not a folder")
    }
  }
}

extension FileError {
  fileprivate init(_ path: String, _ other: FileError) {
    self = other
    self.path = path
  }
}
