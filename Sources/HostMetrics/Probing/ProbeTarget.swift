package import Encoding

/// A mount to be probed.
package struct ProbeTarget: Sendable {
  /// Identifies a mount over time.
  package struct Key: Sendable, Hashable {
    package var id: UInt64
    package var mountpoint: ExactString
  }

  package var key: Key
  /// The path for the system call, terminated by NUL.
  package var path: [UInt8]
  /// The expected device of the path; `nil` if paths report another number than the mount table (btrfs).
  package var device: DeviceNumber?
  /// Whether it is not a disk, and only watched for stalls. Such a mount may be skipped.
  package var isWatchedOnly: Bool
  /// Whether a program serves the mount, or one on the path to it, and may never respond. Such a mount is probed in a process of
  /// its own.
  package var mayBlockForever: Bool

  package init(_ entry: MountEntry, pathPrefix: String, isWatchedOnly: Bool, mayBlockForever: Bool) {
    key = Key(id: entry.id, mountpoint: ExactString(entry.mountpoint))
    path = Array(pathPrefix.utf8) + entry.path + [0]
    device = entry.device.isAnonymous ? nil : entry.device
    self.isWatchedOnly = isWatchedOnly
    self.mayBlockForever = mayBlockForever
  }
}

/// The result of probing a mount.
package enum ProbeResult: Sendable, Equatable {
  /// The mount responded in time.
  case responded(FilesystemStatistics)
  /// The call failed, or the path leads to another file system.
  case unreachable
  /// The mount does not respond; a thread has been blocked since the given time.
  case stalled(since: MonotonicTime)
  /// The deadline expired before its turn, or no thread was available.
  case notProbed
}
