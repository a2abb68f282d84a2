/// A mount to be probed.
struct ProbeTarget: Sendable {
  /// Identifies a mount over time.
  struct Key: Sendable, Hashable {
    var id: UInt64
    var mountpoint: String
  }

  var key: Key
  /// The path for the system call, terminated by NUL.
  var path: [CChar]
  /// The expected device of the path; `nil` if paths report another number than the mount table (btrfs).
  var device: DeviceNumber?
  /// Whether it is not a disk, and only watched for stalls. Such a mount may be skipped.
  var isWatchedOnly: Bool
  /// Whether a program serves the mount, or one on the path to it, and may never respond. Such a mount is probed by a
  /// ``ProbeProcess``.
  var mayBlockForever: Bool

  init(_ entry: MountEntry, pathPrefix: String, isWatchedOnly: Bool, mayBlockForever: Bool) {
    key = Key(id: entry.id, mountpoint: entry.mountpoint)
    path = pathPrefix.utf8.map { CChar(bitPattern: $0) }
    path += entry.path.map { CChar(bitPattern: $0) }
    path.append(0)
    device = entry.device.isAnonymous ? nil : entry.device
    self.isWatchedOnly = isWatchedOnly
    self.mayBlockForever = mayBlockForever
  }
}
