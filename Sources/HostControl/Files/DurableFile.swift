import Glibc

/// A small file that is replaced atomically: after a crash it has its old or its new content.
public enum DurableFile {
  /// Replaces the content of the file. The new content is written to a temporary file and synchronised, which is then renamed
  /// over the file (rename(2) is atomic). Finally the folder is synchronised.
  ///
  /// - Parameter mode: The permissions, regardless of the umask.
  /// - Throws: ``FileError``; the file then has its old content.
  public static func write(_ bytes: [UInt8], to path: String, mode: UInt32 = 0o600) throws(FileError) {
    let draft = "\(path).new"
    do throws(FileError) {
      try create(draft, bytes, mode)
      guard rename(draft, path) == 0 else { throw FileError("replace", path, errno: errno) }
    } catch {
      unlink(draft)
      throw error
    }
    try synchroniseFolder(of: path)
  }

  /// Reads the file; nil when it does not exist.
  ///
  /// - Parameter limit: The largest size of the file in bytes.
  /// - Throws: ``FileError``.
  public static func read(_ path: String, limit: Int) throws(FileError) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else {
      let code = errno
      if code == ENOENT || code == ENOTDIR { return nil }
      throw FileError("open", path, errno: code)
    }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16_384)
    while true {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw FileError("read", path, errno: errno) }
      if count == 0 { return bytes }
      bytes += chunk[..<count]
      guard bytes.count <= limit else { throw FileError(path, problem: "is larger than \(limit) bytes") }
    }
  }

  /// Removes the file, if it exists.
  ///
  /// - Throws: ``FileError``.
  public static func remove(_ path: String) throws(FileError) {
    guard unlink(path) == 0 || errno == ENOENT else { throw FileError("remove", path, errno: errno) }
    try synchroniseFolder(of: path)
  }

  private static func create(_ path: String, _ bytes: [UInt8], _ mode: UInt32) throws(FileError) {
    unlink(path)
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
    guard descriptor >= 0 else { throw FileError("create", path, errno: errno) }
    defer { close(descriptor) }
    guard fchmod(descriptor, mode) == 0 else { throw FileError("set the mode of", path, errno: errno) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw FileError("write", path, errno: errno) }
      rest = rest.dropFirst(count)
    }
    guard fsync(descriptor) == 0 else { throw FileError("synchronise", path, errno: errno) }
  }

  private static func synchroniseFolder(of path: String) throws(FileError) {
    let folder = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[..<$0]) } ?? "."
    let descriptor = open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError("open", folder, errno: errno) }
    defer { close(descriptor) }
    // Some file systems cannot synchronise a folder and return EINVAL (fsync(2)).
    guard fsync(descriptor) == 0 || errno == EINVAL else {
      throw FileError("synchronise", folder, errno: errno)
    }
  }
}
