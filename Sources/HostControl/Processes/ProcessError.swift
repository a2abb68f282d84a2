import Glibc

/// A program could not be started.
public struct ProcessError: Error, Equatable, CustomStringConvertible {
  /// The reason of a failed start.
  public enum Reason: Sendable, Equatable {
    /// The request is invalid: a relative path, a NUL byte, an invalid variable name.
    case invalidRequest
    /// The program file or its interpreter does not exist (ENOENT, ENOTDIR, ELOOP).
    case executableNotFound
    /// The file may not be executed (EACCES, EPERM).
    case permissionDenied
    /// The kernel cannot execute the file format (ENOEXEC).
    case notExecutable
    /// Arguments and environment exceed the kernel's limit (E2BIG).
    case argumentsTooLong
    /// Processes, descriptors or memory of the machine, or of the agent's limits, are exhausted (EAGAIN, ENOMEM, EMFILE, ENFILE).
    case resourcesExhausted
    /// The working directory cannot be entered.
    case workingDirectoryUnusable
    /// The user to run as does not exist, or cannot be looked up.
    case unknownUser
    /// The agent may not run a program as another user.
    case userChangeRefused
    /// systemd cannot be reached: nothing was done.
    case serviceManagerUnavailable
    /// Another error of the system, given by `errno`.
    case systemError
  }

  /// The reason of the failure.
  public let reason: Reason
  /// The program file, or the working directory for `workingDirectoryUnusable`.
  public let path: String
  /// The system's error number; 0 when no system call failed.
  public let errno: Int32
  /// One sentence: what happened, to what, and what to do.
  public let message: String

  /// The same as `message`.
  public var description: String { message }

  init(reason: Reason, path: String, errno: Int32, message: String) {
    self.reason = reason
    self.path = path
    self.errno = errno
    self.message = message
  }

  static func invalid(_ path: String, _ what: String) -> ProcessError {
    ProcessError(
      reason: .invalidRequest, path: path, errno: 0, message: "cannot run \(path): \(what)")
  }

  static func workingDirectory(_ path: String, errno: Int32) -> ProcessError {
    ProcessError(
      reason: .workingDirectoryUnusable, path: path, errno: errno,
      message: "cannot start in the folder \(path): \(ErrorNumber.text(errno)); "
        + "create it or name one that the agent may enter")
  }

  static func unknownUser(_ user: String, _ path: String, errno: Int32) -> ProcessError {
    let what =
      errno == 0 ? "there is no such user" : "the user cannot be looked up: \(ErrorNumber.text(errno))"
    return ProcessError(
      reason: .unknownUser, path: path, errno: errno,
      message: "cannot run \(path) as \(user): \(what); create the user or correct its name")
  }

  static func userChange(_ user: String, _ path: String, errno: Int32) -> ProcessError {
    ProcessError(
      reason: .userChangeRefused, path: path, errno: errno,
      message:
        "cannot run \(path) as \(user): \(ErrorNumber.text(errno)); only an agent that runs as root can, "
        + "with CAP_SETUID and CAP_SETGID")
  }

  static func spawn(_ path: String, errno: Int32) -> ProcessError {
    let (reason, advice) = explanation(errno)
    return ProcessError(
      reason: reason, path: path, errno: errno,
      message: "cannot run \(path): \(ErrorNumber.text(errno)); \(advice)")
  }

  private static func explanation(_ errno: Int32) -> (Reason, String) {
    switch errno {
    case ENOENT, ENOTDIR, ELOOP:
      (.executableNotFound, "install the program, correct its path, or install the interpreter it names")
    case EACCES, EPERM:
      (.permissionDenied, "make it executable for the agent's user and check noexec mounts and sandboxing")
    case ENOEXEC:
      (.notExecutable, "a script needs a #! first line, a binary must be for this machine's architecture")
    case E2BIG:
      (.argumentsTooLong, "pass fewer or shorter arguments")
    case EAGAIN, ENOMEM, EMFILE, ENFILE:
      (.resourcesExhausted, "raise the agent's task, descriptor or memory limit, or try again later")
    case ETXTBSY:
      (.systemError, "the file is being written; try again when that is done")
    default:
      (.systemError, "see errno \(errno) in execve(2)")
    }
  }
}
