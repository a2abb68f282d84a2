import Glibc

/// A small file that after a crash is there as it was, or as it was to be, and never in between.
public enum DurableFile {
  /// Puts `bytes` in place of what the file held: written beside it, synchronised, renamed over it (rename(2) is atomic),
  /// and the folder synchronised.
  ///
  /// - Parameter mode: The permissions, whatever the umask.
  /// - Throws: ``FileError``; the file then still holds what it held.
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

  /// What the file holds; nil when there is none.
  ///
  /// - Parameter limit: The most bytes that it may have.
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

  /// Removes the file, if there is one.
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
    // Some file systems cannot synchronise a folder, and say EINVAL (fsync(2)).
    guard fsync(descriptor) == 0 || errno == EINVAL else {
      throw FileError("synchronise", folder, errno: errno)
    }
  }
}
