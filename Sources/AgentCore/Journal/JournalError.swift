import Glibc

/// The reason why the journal cannot store a command. It is part of the result and of the log.
struct JournalError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The failed call, the path, and advice.
  let description: String

  /// Creates an error with a description.
  init(_ description: String) {
    self.description = description
  }

  /// Creates an error for a failed system call.
  init(_ call: String, _ path: String, errno code: Int32) {
    let advice =
      switch code {
      case ENOSPC, EDQUOT: "; make room there"
      case EROFS, EACCES, EPERM: "; make it writable for the agent"
      default: ""
      }
    let reason = String(cString: strerror(code))
    description = "the journal in \(path) cannot be written: \(call): \(reason)\(advice)"
  }
}
