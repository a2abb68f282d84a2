/// A file system in the list of disks.
struct DiskVolume: Sendable, Equatable {
  /// The kernel's name of its device, or its dataset.
  var device: String
  /// Under which its counters are found; `nil` where it has no block device.
  var number: DeviceNumber?
  var mountpoint: String
  var filesystem: String
  /// The same for all mounts of the file system for as long as it is mounted: its device's number, or its dataset.
  var id: String
  /// The zfs pool that holds it.
  var pool: String?
  /// Whether the file system itself takes no writes.
  var isReadOnly: Bool
}
