/// Why a part of the machine can't be measured.
public struct MetricsError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The cause of the failure.
  public enum Reason: Sendable, Equatable {
    /// The file can't be opened or read. The values are the error number of the system and its message.
    case unreadable(errno: Int32, message: String)
    /// The file lacks a line or number that the kernel writes. The value names it.
    case malformed(missing: String)
    /// The file is larger than any that the kernel writes. The value is the limit in bytes.
    case tooLarge(limit: Int)
    /// The calling task was cancelled while it waited for a sample.
    case cancelled
  }

  /// The file that was read.
  public var file: String
  /// The cause of the failure.
  public var reason: Reason

  /// Creates an error.
  public init(file: String, reason: Reason) {
    self.file = file
    self.reason = reason
  }

  /// A single line for operators, with the file, the cause and the remedy.
  public var description: String {
    switch reason {
    case .unreadable(_, let message):
      "can't read \(file): \(message); check that it is mounted and readable for the agent"
    case .malformed(let missing):
      "\(file) has no \(missing); check that it is the kernel's own file"
    case .tooLarge(let limit):
      "\(file) is larger than \(limit) bytes and was not read"
    case .cancelled:
      "the wait for a sample of \(file) was cancelled"
    }
  }
}

extension [MetricsError] {
  /// Runs a part of a measurement and appends its error, so that the other parts can continue.
  package mutating func collect(_ part: () throws(MetricsError) -> Void) {
    do throws(MetricsError) {
      try part()
    } catch {
      append(error)
    }
  }
}
