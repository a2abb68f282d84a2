/// The major and minor number of a device.
package struct DeviceNumber: Sendable, Hashable {
  package var major: UInt32
  package var minor: UInt32

  package init(major: UInt32, minor: UInt32) {
    self.major = major
    self.minor = minor
  }

  /// Splits a `dev_t` (makedev(3), `gnu_dev_major` in glibc).
  package init(_ device: UInt) {
    let device = UInt64(device)
    major = UInt32(truncatingIfNeeded: (device >> 8) & 0xfff | (device >> 32) & 0xffff_f000)
    minor = UInt32(truncatingIfNeeded: device & 0xff | (device >> 12) & 0xffff_ff00)
  }

  /// Parses `8:2`.
  package init?(_ text: inout ByteScanner) {
    guard let major = text.number(), text.take(UInt8(ascii: ":")), let minor = text.number() else {
      return nil
    }
    self.init(major: UInt32(clamping: major), minor: UInt32(clamping: minor))
  }

  /// Whether the number is an anonymous one, of a file system without a block device of its own (btrfs, zfs, nfs, tmpfs).
  package var isAnonymous: Bool { major == 0 }
}
