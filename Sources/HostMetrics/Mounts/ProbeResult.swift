import CLinux
import Glibc

/// How a mount answered.
enum ProbeResult: Sendable, Equatable {
  /// In time.
  case answered(FilesystemStatistics)
  /// With an error, or the path leads to another file system.
  case unreachable
  /// Not at all: a thread has been waiting since then.
  case stalled(since: MonotonicTime)
  /// It was not its turn before the deadline, or there was no thread to ask it.
  case notAsked

  /// What an answer says of a target.
  init(_ answer: linux_mount_answer, of target: ProbeTarget) {
    let isReached = answer.is_found && (target.device.map { $0 == DeviceNumber(answer.device) } ?? true)
    self = isReached ? .answered(FilesystemStatistics(answer.figures)) : .unreachable
  }
}
