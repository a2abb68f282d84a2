internal import Glibc

/// The content of a regular file. Opening never blocks, even if the path names a pipe or a device.
struct FileBytes: Sendable {
  enum Problem: Error, Equatable {
    case absent
    /// The reason, and what to do about it.
    case unreadable(String)
  }

  /// The maximum size in bytes. Larger files are rejected.
  static let maximumSize = 1 << 20

  var bytes: [UInt8]
  /// Permission bits, as in stat(2).
  var mode: UInt32
  /// User id.
  var owner: UInt32
  /// Group id.
  var group: UInt32

  init(path: String) throws(Problem) {
    guard !path.utf8.contains(0) else { throw .unreadable("the path holds a NUL byte") }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else {
      let code = errno
      if code == ENOENT || code == ENOTDIR { throw .absent }
      throw .unreadable("can't be opened (\(Self.text(code))); make it readable for the agent")
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw .unreadable("can't be examined (\(Self.text(errno)))")
    }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .unreadable("is no regular file") }
    mode = status.st_mode & 0o7777
    (owner, group) = (status.st_uid, status.st_gid)
    bytes = try Self.read(descriptor)
  }

  /// Whether a path exists, readable or not. Symbolic links are not followed.
  static func exists(_ path: String) -> Bool {
    var status = stat()
    guard lstat(path, &status) != 0 else { return true }
    return errno != ENOENT && errno != ENOTDIR
  }

  private static func read(_ descriptor: Int32) throws(Problem) -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16_384)
    while true {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw .unreadable("can't be read (\(text(errno)))")
      }
      if count == 0 { return bytes }
      bytes += chunk[..<count]
      guard bytes.count <= maximumSize else { throw .unreadable("is larger than \(maximumSize >> 20) MiB") }
    }
  }

  private static func text(_ code: Int32) -> String {
    String(cString: strerror(code))
  }
}
