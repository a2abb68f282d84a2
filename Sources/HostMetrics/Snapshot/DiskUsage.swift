/// The usage of one file system, as `df` reports it, and the traffic of its device.
public struct DiskUsage: Sendable, Equatable {
  /// The kernel's name of the device (`/dev/vda2`, `/dev/dm-0`), or the dataset of a zfs mount.
  public var device: String
  /// Where it is mounted. Of several mounts the preferred one is `/`, then a mount of the file system's own root, then the one with
  /// the shortest path. Mounts below `/run` and in the folders of containers are used only if there are no others.
  public var mountpoint: String
  /// Size in bytes.
  public var totalBytes: UInt64
  /// Size minus all free blocks, including those reserved for root.
  public var usedBytes: UInt64
  /// used / (used + available to users), 0 to 100.
  public var usagePercent: Double
  /// Traffic since the previous sample; `nil` without one, and where the device has no counters (zfs).
  public var io: DiskIO?
  /// The type in the mount table (`ext4`, `xfs`, `btrfs`).
  public var filesystem: String?
  /// Number of inodes; `nil` for file systems without a fixed number.
  public var inodesTotal: UInt64?
  /// Inodes in use; `nil` for file systems without a fixed number.
  public var inodesUsed: UInt64?
  /// Bytes available to users.
  public var availableBytes: UInt64?
  /// Identifies the file system as long as it is mounted, independent of the mountpoint. Not meant for display.
  public var filesystemID: String?
  /// The zfs pool whose free space the file system shares.
  public var pool: String?
  /// Whether the file system itself is read-only (`ro` of its superblock), so that it can't run full.
  public var isReadOnly: Bool

  /// Creates a usage.
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

/// Traffic of a block device over a window, from the counters of `/proc/diskstats`
/// (Documentation/admin-guide/iostats.rst of the kernel).
public struct DiskIO: Sendable, Equatable {
  /// Bytes read per second.
  public var readBytesPerSecond: UInt64
  /// Bytes written per second.
  public var writeBytesPerSecond: UInt64
  /// Completed reads per second.
  public var readIOPS: UInt64
  /// Completed writes per second.
  public var writeIOPS: UInt64
  /// Share of the window in which at least one request was in flight, 0 to 100.
  public var utilPercent: Double

  /// Creates the traffic of a device.
  public init(
    readBytesPerSecond: UInt64 = 0, writeBytesPerSecond: UInt64 = 0, readIOPS: UInt64 = 0,
    writeIOPS: UInt64 = 0, utilPercent: Double = 0
  ) {
    self.readBytesPerSecond = readBytesPerSecond
    self.writeBytesPerSecond = writeBytesPerSecond
    self.readIOPS = readIOPS
    self.writeIOPS = writeIOPS
    self.utilPercent = utilPercent
  }
}
