/// A mount that does not respond.
///
/// A slow response appears here once or twice with a small number of ``seconds``; an alert should wait for a larger one.
public struct StalledMount: Sendable, Equatable {
  /// Where it is mounted.
  public var mountpoint: String
  /// The source in the mount table (`server:/export`, `/dev/sdb1`).
  public var source: String
  /// The type in the mount table (`nfs4`, `fuse.sshfs`).
  public var filesystem: String
  /// Seconds since the pending statvfs(3) call was made.
  public var seconds: UInt64
  /// ``DiskUsage/filesystemID`` of a disk; `nil` for others.
  public var filesystemID: String?
  /// ``DiskUsage/pool`` of a disk; `nil` for others.
  public var pool: String?

  /// Creates a stalled mount.
  public init(
    mountpoint: String, source: String, filesystem: String, seconds: UInt64, filesystemID: String? = nil,
    pool: String? = nil
  ) {
    self.mountpoint = mountpoint
    self.source = source
    self.filesystem = filesystem
    self.seconds = seconds
    self.filesystemID = filesystemID
    self.pool = pool
  }
}
