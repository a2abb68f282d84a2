import Glibc

/// Links of an interface to other interfaces and to hardware, from its folder in sysfs
/// (Documentation/ABI/testing/sysfs-class-net).
struct InterfaceLinks: Sendable, Equatable {
  /// Whether it belongs to a device: real hardware, or that of a hypervisor.
  var hasDevice = false
  /// Whether other interfaces of this network namespace carry its traffic, as for a bond, bridge or VLAN.
  var hasLower = false
  /// Whether it is known to encapsulate packets that another interface sends (WireGuard, tun, tap, VXLAN).
  var isTunnel = false

  init(hasDevice: Bool = false, hasLower: Bool = false, isTunnel: Bool = false) {
    self.hasDevice = hasDevice
    self.hasLower = hasLower
    self.isTunnel = isTunnel
  }

  /// Reads the folder of an interface; `nil` if it does not exist.
  init?(of name: String, in interfaces: String) {
    guard let folder = Self.folder(of: name, in: interfaces), let directory = opendir(folder) else {
      return nil
    }
    defer { closedir(directory) }
    while let entry = readdir(directory) {
      withUnsafePointer(to: &entry.pointee.d_name) { name in
        name.withMemoryRebound(to: CChar.self, capacity: 256) { name in
          if strcmp(name, "device") == 0 { hasDevice = true }
          if strncmp(name, "lower_", 6) == 0 { hasLower = true }
          // A file of tun and tap interfaces (drivers/net/tun.c).
          if strcmp(name, "tun_flags") == 0 { isTunnel = true }
        }
      }
    }
    // Ethernet and InfiniBand are link types of hardware; any other type carries bare IP packets (ARPHRD_NONE, ARPHRD_TUNNEL, …).
    let type = Self.word(in: folder + "/type")
    if !type.isEmpty, type != Array("1".utf8), type != Array("32".utf8) { isTunnel = true }
    if let kind = Self.deviceType(in: folder), Self.tunnelTypes.contains(kind) { isTunnel = true }
  }

  /// For each interface, whether another interface of the list counts the same traffic; `nil` if unknown.
  ///
  /// With hardware interfaces, all traffic of the machine passes through them. Without any, as in a container, the interfaces at the
  /// bottom of each stack count.
  static func stacked(_ interfaces: [InterfaceLinks?]) -> [Bool?] {
    let rules: [@Sendable (InterfaceLinks) -> Bool] = [
      { $0.hasDevice && !$0.hasLower }, { !$0.hasLower && !$0.isTunnel }, { !$0.hasLower }, { _ in true },
    ]
    for isCounted in rules where interfaces.contains(where: { $0.map(isCounted) ?? false }) {
      return interfaces.map { $0.map { !isCounted($0) } }
    }
    return interfaces.map { _ in nil }
  }

  /// Whether the interface belongs to containers, bridges or traffic shaping, and is not reported.
  ///
  /// The prefix of the name decides, with two exceptions: interfaces with a device, and those named `vlan…` that are not on top of
  /// another interface, are reported.
  static func isIgnored(_ name: String, in interfaces: String) -> Bool {
    guard ignoredPrefixes.contains(where: { name.hasPrefix($0) }) else { return false }
    guard let folder = folder(of: name, in: interfaces) else { return true }
    var node = stat()
    if lstat(folder + "/device", &node) == 0 { return false }
    guard name.hasPrefix("vlan"), let links = InterfaceLinks(of: name, in: interfaces) else { return true }
    return links.hasLower
  }

  private static let ignoredPrefixes = ["docker", "veth", "br-", "virbr", "vlan", "ifb", "dummy"]

  /// `DEVTYPE` of tunnels that carry Ethernet frames.
  private static let tunnelTypes: Set<String> = ["vxlan", "geneve", "gretap", "bareudp", "wireguard", "amt"]

  /// The folder of an interface; `nil` for a name that would lead outside of the folder of interfaces.
  static func folder(of name: String, in interfaces: String) -> String? {
    guard !name.isEmpty, !name.contains("/"), name != "..", name != "." else { return nil }
    return interfaces + name
  }

  /// The first word of a small file; empty if it can't be read.
  static func word(in path: String) -> [UInt8] { text(of: path).prefix { $0 > 0x20 }.map { $0 } }

  private static func deviceType(in folder: String) -> String? {
    for line in text(of: folder + "/uevent").split(separator: 0x0a) where line.starts(with: "DEVTYPE=".utf8) {
      return String(decoding: line.dropFirst("DEVTYPE=".utf8.count), as: UTF8.self)
    }
    return nil
  }

  private static func text(of path: String) -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return [] }
    defer { close(file) }
    return [UInt8](unsafeUninitializedCapacity: 256) { room, count in
      count = max(0, read(file, room.baseAddress, room.count))
    }
  }
}
