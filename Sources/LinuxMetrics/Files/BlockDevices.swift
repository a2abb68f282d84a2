import Glibc
import HostMetrics

/// Looks up the kernel's name and number of a block device in sysfs.
struct BlockDevices: BlockDeviceResolver {
  private let sys: String
  private let dev: String

  init(_ files: HostFiles) {
    sys = files.sys
    dev = files.dev
  }

  func name(of number: DeviceNumber) -> String? {
    linkTarget("\(sys)/dev/block/\(number.major):\(number.minor)").flatMap(BlockDevice.name(inPath:))
  }

  func device(ofSource source: String) -> BlockDevice? {
    guard let path = BlockDevice.path(ofSource: source) else { return nil }
    // A link like /dev/mapper/x points to ../dm-0; sysfs needs only the file name.
    let target =
      linkTarget(dev + String(decoding: path.utf8.dropFirst("/dev".utf8.count), as: UTF8.self)) ?? path
    guard let name = BlockDevice.name(inPath: target), let number = number(ofName: name) else { return nil }
    return BlockDevice(number: number, name: name)
  }

  private func number(ofName name: String) -> DeviceNumber? {
    let file = open(
      "\(sys)/class/block/\(BlockDevice.sysfsFolder(ofName: name))/dev", O_RDONLY | O_CLOEXEC)
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

  private func linkTarget(_ path: String) -> String? {
    withUnsafeTemporaryAllocation(byteCount: Int(PATH_MAX), alignment: 1) { room in
      guard let base = room.baseAddress else { return nil }
      let count = readlink(path, base, room.count)
      guard count > 0 else { return nil }
      return String(decoding: room.prefix(count), as: UTF8.self)
    }
  }
}
