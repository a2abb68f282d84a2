import Glibc

/// Why the journal does not take a command: said to whoever sent it, and to the operator.
struct JournalError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What was tried, on what, and what to do.
  let description: String

  /// An error in these words.
  init(_ description: String) {
    self.description = description
  }

  /// A call on a file or folder that failed.
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
