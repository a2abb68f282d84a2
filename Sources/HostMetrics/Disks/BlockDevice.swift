/// A block device under the name that the kernel gives it.
package struct BlockDevice: Sendable, Equatable {
  package var number: DeviceNumber
  /// The path of its node, `/dev/dm-0`.
  package var name: String

  package init(number: DeviceNumber, name: String) {
    self.number = number
    self.name = name
  }

  /// `/dev/` and the last component of a path: the name of the device that a link points to.
  package static func name(inPath path: String) -> String? {
    let bytes = path.utf8
    guard let last = bytes.split(separator: UInt8(ascii: "/")).last else { return nil }
    return "/dev/"
      + String(
        decoding: last.map { $0 == UInt8(ascii: "!") ? UInt8(ascii: "/") : $0 }, as: UTF8.self)
  }

  /// The folder of a device in `/sys/class/block`. sysfs replaces the slash in a name (`cciss/c0d0`) by an exclamation mark.
  package static func sysfsFolder(ofName name: String) -> String {
    String(
      decoding: name.utf8.dropFirst("/dev/".utf8.count).map {
        $0 == UInt8(ascii: "/") ? UInt8(ascii: "!") : $0
      },
      as: UTF8.self)
  }

  /// The path below `/dev` that the source of a mount names: of several devices (`/dev/sda:/dev/sdb`) the first. `nil` if it names none.
  package static func path(ofSource source: String) -> String? {
    guard source.utf8.starts(with: "/dev/".utf8) else { return nil }
    return String(decoding: source.utf8.prefix { $0 != UInt8(ascii: ":") }, as: UTF8.self)
  }
}

/// A source of the block devices of a machine.
package protocol BlockDeviceResolver {
  /// The kernel's name of a device, `/dev/dm-0` for 254:0, independent of the name in the mount table (`/dev/mapper/root`,
  /// `/dev/root`).
  func name(of number: DeviceNumber) -> String?

  /// The device that the source of a mount refers to.
  ///
  /// Needed for file systems with an anonymous device number (btrfs, bcachefs): only the source names their device.
  func device(ofSource source: String) -> BlockDevice?
}
