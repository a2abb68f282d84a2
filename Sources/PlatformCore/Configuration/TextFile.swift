import Glibc

/// A text file of limited size, with its permissions.
struct TextFile: Sendable {
  var text: String
  /// Permission bits, as in stat(2).
  var mode: UInt32
  /// The owner and the group of the file.
  var owner: UInt32
  var group: UInt32

  /// Reads a file.
  ///
  /// - Parameter limit: The most bytes to read; a larger file is an error.
  init(path: String, limit: Int) throws(FileError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else { throw FileError(path, cannot: "read", errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw FileError(path, cannot: "read", errno) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw FileError(path, "is not a regular file") }
    mode = status.st_mode & 0o7777
    (owner, group) = (status.st_uid, status.st_gid)
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16_384)
    while true {
      let count = read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw FileError(path, cannot: "read", errno) }
      if count == 0 { break }
      bytes += chunk[..<count]
      guard bytes.count <= limit else { throw FileError(path, "is larger than \(limit) bytes") }
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw FileError(path, "is not UTF-8 text")
    }
    self.text = text
  }
}

/// An error of a file.
public struct FileError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The path of the file.
  public var path: String
  /// What is wrong and what to do.
  public var message: String
  /// The error number of the failed system call.
  public var code: Int32?

  init(_ path: String, _ message: String) {
    self.path = path
    self.message = message
  }

  init(_ path: String, cannot action: String, _ code: Int32) {
    self.path = path
    message = "can't be \(action): \(String(cString: strerror(code)))"
    self.code = code
  }

  /// The path and the message.
  public var description: String { "\(path): \(message)" }
}
