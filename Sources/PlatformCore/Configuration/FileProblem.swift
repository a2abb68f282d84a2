import Glibc

/// An error of a file.
public struct FileProblem: Error, Sendable, Equatable, CustomStringConvertible {
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
