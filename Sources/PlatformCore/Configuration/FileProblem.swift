import Glibc

/// Why a file could not be read or written.
public struct FileProblem: Error, Sendable, Equatable, CustomStringConvertible {
  /// Which one.
  public var path: String
  /// What is the matter.
  public var message: String
  /// The error number, where the system gave one.
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

  /// The path and what is the matter with it.
  public var description: String { "\(path): \(message)" }
}
