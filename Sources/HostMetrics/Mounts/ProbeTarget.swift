/// A mount to be asked for its figures.
struct ProbeTarget: Sendable {
  /// What makes a mount the same one at a later time.
  struct Key: Sendable, Hashable {
    var id: UInt64
    var mountpoint: String
  }

  var key: Key
  /// The path for the system call, ending in a zero byte.
  var path: [CChar]
  /// The device the path must lead to; `nil` where paths show another number than the mount table (btrfs).
  var device: DeviceNumber?
  /// Whether it may also be left unasked: it is no disk, and only watched for stalls.
  var isWatchedOnly: Bool
  /// Whether a program stands behind it, or behind a folder on the way to it, that may leave a question unanswered for ever.
  /// See ``ProbeProcess``.
  var mayHoldTheProcess: Bool

  init(_ entry: MountEntry, pathPrefix: String, isWatchedOnly: Bool, mayHoldTheProcess: Bool) {
    key = Key(id: entry.id, mountpoint: entry.mountpoint)
    path = pathPrefix.utf8.map { CChar(bitPattern: $0) }
    path += entry.path.map { CChar(bitPattern: $0) }
    path.append(0)
    device = entry.device.isAnonymous ? nil : entry.device
    self.isWatchedOnly = isWatchedOnly
    self.mayHoldTheProcess = mayHoldTheProcess
  }
}
