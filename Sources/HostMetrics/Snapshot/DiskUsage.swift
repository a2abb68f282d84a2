/// One file system: its size, as `df` counts it, and the traffic of its device.
public struct DiskUsage: Sendable, Equatable {
  /// The kernel's name of the device (`/dev/vda2`, `/dev/dm-0`), or the dataset of a zfs mount.
  public var device: String
  /// Where it is mounted: `/` if it is there, else the mount of the file system's own root, else the shortest path. Mounts below
  /// `/run` and the folders of containers count last.
  public var mountpoint: String
  /// Size in bytes.
  public var totalBytes: UInt64
  /// Size less all free blocks, those reserved for root included.
  public var usedBytes: UInt64
  /// used / (used + available to users), 0 to 100.
  public var usagePercent: Double
  /// Traffic since the previous sample; `nil` without one, and where the device has no counters (zfs).
  public var io: DiskIO?
  /// The type in the mount table (`ext4`, `xfs`, `btrfs`).
  public var filesystem: String?
  /// Inodes the file system can hold; `nil` where it has no fixed number.
  public var inodesTotal: UInt64?
  /// Inodes in use; `nil` where there is no fixed number.
  public var inodesUsed: UInt64?
  /// Bytes available to users.
  public var availableBytes: UInt64?
  /// The same for as long as the file system is mounted, wherever that is. Not for people.
  public var filesystemID: String?
  /// The zfs pool whose free space the file system shares.
  public var pool: String?
  /// Whether the file system itself takes no writes (`ro` of its superblock), and so cannot run full.
  public var isReadOnly: Bool

  /// Creates a usage from its figures.
  public init(
    device: String, mountpoint: String, totalBytes: UInt64, usedBytes: UInt64, usagePercent: Double,
    io: DiskIO? = nil, filesystem: String? = nil, inodesTotal: UInt64? = nil, inodesUsed: UInt64? = nil,
    availableBytes: UInt64? = nil, filesystemID: String? = nil, pool: String? = nil, isReadOnly: Bool = false
  ) {
    self.device = device
    self.mountpoint = mountpoint
    self.totalBytes = totalBytes
    self.usedBytes = usedBytes
    self.usagePercent = usagePercent
    self.io = io
    self.filesystem = filesystem
    self.inodesTotal = inodesTotal
    self.inodesUsed = inodesUsed
    self.availableBytes = availableBytes
    self.filesystemID = filesystemID
    self.pool = pool
    self.isReadOnly = isReadOnly
  }
}
