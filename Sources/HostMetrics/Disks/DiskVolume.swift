/// A file system in the list of disks.
struct DiskVolume: Sendable, Equatable {
  /// The kernel's name of its device, or its dataset.
  var device: String
  /// Under which its counters are found; `nil` where it has no block device.
  var number: DeviceNumber?
  var mountpoint: String
  var filesystem: String
}
