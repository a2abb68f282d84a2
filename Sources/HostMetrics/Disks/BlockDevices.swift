import Glibc

/// Looks up the kernel's name and number of a block device in sysfs.
struct BlockDevices {
  private let sys: String
  private let dev: String

  init(_ files: HostFiles) {
    sys = files.sys
    dev = files.dev
  }

  /// `/dev/dm-0` for 254:0, whatever the mount table calls it (`/dev/mapper/root`, `/dev/root`).
  func name(of number: DeviceNumber) -> String? {
    linkTarget("\(sys)/dev/block/\(number.major):\(number.minor)").flatMap(deviceName)
  }

  /// The number and name of the device that a mount's source refers to.
  ///
  /// Needed for file systems with an anonymous device number (btrfs, bcachefs): only the source names their device. Of a
  /// source with several devices (`/dev/sda:/dev/sdb`) the first is used.
  func resolve(source: String) -> (number: DeviceNumber, name: String)? {
    guard source.hasPrefix("/dev/") else { return nil }
    let path = source.prefix { $0 != ":" }
    // A link like /dev/mapper/x points to ../dm-0; sysfs needs only the file name.
    let node = dev + path.dropFirst("/dev".count)
    let target = linkTarget(node) ?? String(path)
    guard let name = deviceName(target), let number = number(ofKernelName: name) else { return nil }
    return (number, name)
  }

  private func number(ofKernelName name: String) -> DeviceNumber? {
    // sysfs writes a slash in a name (cciss/c0d0) as an exclamation mark.
    let folder = String(name.dropFirst("/dev/".count).map { $0 == "/" ? "!" : $0 })
    let file = open("\(sys)/class/block/\(folder)/dev", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    return withUnsafeTemporaryAllocation(byteCount: 32, alignment: 1) { room in
      guard let base = room.baseAddress else { return nil }
      let count = read(file, base, room.count)
      guard count > 0 else { return nil }
      var text = ByteScanner(UnsafeRawBufferPointer(rebasing: room.prefix(count)))
      return DeviceNumber(&text)
    }
  }

  /// `/dev/` and the last component of a path.
  private func deviceName(_ path: String) -> String? {
    guard let last = path.split(separator: "/").last else { return nil }
    return "/dev/" + String(last.map { $0 == "!" ? "/" : $0 })
  }

  private func linkTarget(_ path: String) -> String? {
    withUnsafeTemporaryAllocation(byteCount: Int(PATH_MAX), alignment: 1) { room in
      guard let base = room.baseAddress else { return nil }
      let count = readlink(path, base, room.count)
      guard count > 0 else { return nil }
      return String(decoding: room.prefix(count), as: UTF8.self)
    }
  }
}
