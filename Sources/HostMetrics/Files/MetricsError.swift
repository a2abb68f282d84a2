/// Why a part of the machine could not be measured.
public struct MetricsError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What went wrong.
  public enum Reason: Sendable, Equatable {
    /// The file can't be opened or read; the system's error number.
    case unreadable(errno: Int32)
    /// The file has no such line or number as the kernel writes; what was looked for.
    case malformed(missing: String)
    /// The file is larger than anything the kernel writes; the limit in bytes.
    case tooLarge(limit: Int)
    /// The task that asked was cancelled while it waited for a sample.
    case cancelled
  }

  /// The file that was read.
  public var file: String
  /// What went wrong with it.
  public var reason: Reason

  /// Creates an error about a file.
  public init(file: String, reason: Reason) {
    self.file = file
    self.reason = reason
  }

  /// One line for an operator: what happened, to what, and what to do.
  public var description: String {
    switch reason {
    case .unreadable(let number):
      "can't read \(file): \(errorText(number)); check that it is mounted and readable for the agent"
    case .malformed(let missing):
      "\(file) has no \(missing); check that it is the kernel's own file"
    case .tooLarge(let limit):
      "\(file) is larger than \(limit) bytes and was not read"
    case .cancelled:
      "the wait for a sample of \(file) was cancelled"
    }
  }
}
