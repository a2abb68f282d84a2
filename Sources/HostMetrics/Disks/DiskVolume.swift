/// A file system in the list of disks.
struct DiskVolume: Sendable, Equatable {
  /// The kernel's name of the device, or the zfs dataset.
  var device: String
  /// Identifies its counters; `nil` without a block device.
  var number: DeviceNumber?
  var mountpoint: String
  var filesystem: String
  /// Identifies the file system in all its mounts, as long as it is mounted: the device number, or the dataset.
  var id: String
  /// The zfs pool of the dataset.
  var pool: String?
  /// Whether the file system itself is read-only.
  var isReadOnly: Bool
}
