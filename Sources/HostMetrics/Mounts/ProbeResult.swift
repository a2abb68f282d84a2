import CLinux
import Glibc

/// The result of probing a mount.
enum ProbeResult: Sendable, Equatable {
  /// The mount responded in time.
  case responded(FilesystemStatistics)
  /// The call failed, or the path leads to another file system.
  case unreachable
  /// The mount does not respond; a thread has been blocked since the given time.
  case stalled(since: MonotonicTime)
  /// The deadline expired before its turn, or no thread was available.
  case notProbed

  init(_ status: linux_mount_status, of target: ProbeTarget) {
    let isReached = status.is_valid && (target.device.map { $0 == DeviceNumber(status.device) } ?? true)
    self = isReached ? .responded(FilesystemStatistics(status.statistics)) : .unreachable
  }
}
