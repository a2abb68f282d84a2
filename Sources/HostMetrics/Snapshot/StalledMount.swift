/// A mount that does not answer.
///
/// A slow answer appears here once or twice with few ``seconds``; an alert should wait until they add up.
public struct StalledMount: Sendable, Equatable {
  /// Where it is mounted.
  public var mountpoint: String
  /// What is mounted, as the mount table names it (`server:/export`, `/dev/sdb1`).
  public var source: String
  /// The type in the mount table (`nfs4`, `fuse.sshfs`).
  public var filesystem: String
  /// Seconds for which the question has been waiting for its answer.
  public var seconds: UInt64
  /// ``DiskUsage/filesystemID`` of a disk; `nil` for others.
  public var filesystemID: String?
  /// ``DiskUsage/pool`` of a disk; `nil` for others.
  public var pool: String?

  /// Creates a stalled mount from its parts.
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
