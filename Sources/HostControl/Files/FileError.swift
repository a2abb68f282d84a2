import Glibc

/// A failed operation on a file.
public struct FileError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file or folder.
  public let path: String
  /// The system's error number (errno(3)); 0 when the file itself is invalid.
  public let errno: Int32
  /// One sentence with the operation, the path and the reason.
  public let description: String

  /// Describes an error of the system in an operation such as "open".
  public init(_ what: String, _ path: String, errno: Int32) {
    self.path = path
    self.errno = errno
    description = "cannot \(what) \(path): \(ErrorNumber.text(errno))"
  }

  /// Describes an invalid file.
  public init(_ path: String, problem: String) {
    self.path = path
    errno = 0
    description = "\(path) \(problem)"
  }

  /// Whether the disk or a quota is full.
  public var isOutOfSpace: Bool { errno == ENOSPC || errno == EDQUOT }
}

enum ErrorNumber {
  /// The message of an error number. Unlike strerror(3) it is thread-safe.
  static func text(_ errno: Int32) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
      guard let base = buffer.baseAddress, strerror_r(errno, base, buffer.count) == 0 else {
        return "errno \(errno)"
      }
      return String(cString: base)
    }
  }
}
