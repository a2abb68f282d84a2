import Glibc

/// The major and minor number of a device.
struct DeviceNumber: Sendable, Hashable {
  var major: UInt32
  var minor: UInt32

  init(major: UInt32, minor: UInt32) {
    self.major = major
    self.minor = minor
  }

  /// Splits a `dev_t` (makedev(3), `gnu_dev_major` in glibc).
  init(_ device: dev_t) {
    let device = UInt64(device)
    major = UInt32(truncatingIfNeeded: (device >> 8) & 0xfff | (device >> 32) & 0xffff_f000)
    minor = UInt32(truncatingIfNeeded: device & 0xff | (device >> 12) & 0xffff_ff00)
  }

  /// Parses `8:2`.
  init?(_ text: inout ByteScanner) {
    guard let major = text.number(), text.take(UInt8(ascii: ":")), let minor = text.number() else {
      return nil
    }
    self.init(major: UInt32(clamping: major), minor: UInt32(clamping: minor))
  }

  /// Whether the number is an anonymous one, of a file system without a block device of its own (btrfs, zfs, nfs, tmpfs).
  var isAnonymous: Bool { major == 0 }
}
