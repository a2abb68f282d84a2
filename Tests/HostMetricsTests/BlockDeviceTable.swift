import Encoding

@testable import HostMetrics

/// A fixed set of block devices.
struct BlockDeviceTable: BlockDeviceResolver {
  private var devices: [BlockDevice] = []

  /// Adds a device by the name of its node and its number, `8:1`.
  mutating func addDevice(_ node: String, _ number: String) {
    guard let number = scanning(number, { DeviceNumber(&$0) }) else { return }
    devices.append(BlockDevice(number: number, name: "/dev/" + node))
  }

  func name(of number: DeviceNumber) -> String? {
    devices.first { $0.number == number }?.name
  }

  func device(ofSource source: String) -> BlockDevice? {
    guard let path = BlockDevice.path(ofSource: source) else { return nil }
    return devices.first { $0.name.hasSameBytes(as: path) }
  }
}
