import Glibc

/// How an interface is linked to others and to hardware, by its folder in sysfs (Documentation/ABI/testing/sysfs-class-net).
struct InterfaceLinks: Sendable, Equatable {
  /// Whether hardware, or what a hypervisor shows as such, is behind it.
  var hasDevice = false
  /// Whether other interfaces of this network namespace carry its traffic: it is a bond, a bridge, a VLAN.
  var hasLower = false
  /// Whether it wraps packets that another interface sends (WireGuard, tun, tap, VXLAN), as far as that shows.
  var isTunnel = false

  init(hasDevice: Bool = false, hasLower: Bool = false, isTunnel: Bool = false) {
    self.hasDevice = hasDevice
    self.hasLower = hasLower
    self.isTunnel = isTunnel
  }

  /// Reads the folder of an interface; `nil` where there is none.
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
          // tun and tap have it (drivers/net/tun.c).
          if strcmp(name, "tun_flags") == 0 { isTunnel = true }
        }
      }
    }
    // Any hardware has the type of its link; what carries bare IP packets (ARPHRD_NONE, ARPHRD_TUNNEL, …) wraps them.
    let type = Self.word(in: folder + "/type")
    if !type.isEmpty, type != Array("1".utf8), type != Array("32".utf8) { isTunnel = true }
    if let kind = Self.deviceType(in: folder), Self.tunnelTypes.contains(kind) { isTunnel = true }
  }

  /// Of each interface, whether its traffic is counted by another one of the list as well; `nil` where that is not known.
  ///
  /// Where there is hardware, all traffic that leaves or enters the machine passes it. Where there is none, as in a container, it is
  /// what nothing else of this machine carries.
  static func stacked(_ interfaces: [InterfaceLinks?]) -> [Bool?] {
    let rules: [@Sendable (InterfaceLinks) -> Bool] = [
      { $0.hasDevice && !$0.hasLower }, { !$0.hasLower && !$0.isTunnel }, { !$0.hasLower }, { _ in true },
    ]
    for isCounted in rules where interfaces.contains(where: { $0.map(isCounted) ?? false }) {
      return interfaces.map { $0.map { !isCounted($0) } }
    }
    return interfaces.map { _ in nil }
  }

  /// Whether containers, bridges or traffic shaping made the interface. The beginning of a name says so, unless the interface shows
  /// otherwise: a VLAN is on top of another interface, and none of the others is hardware.
  static func isLeftOut(_ name: String, in interfaces: String) -> Bool {
    guard leftOutPrefixes.contains(where: { name.hasPrefix($0) }) else { return false }
    guard let folder = folder(of: name, in: interfaces) else { return true }
    var node = stat()
    if lstat(folder + "/device", &node) == 0 { return false }
    guard name.hasPrefix("vlan"), let links = InterfaceLinks(of: name, in: interfaces) else { return true }
    return links.hasLower
  }

  private static let leftOutPrefixes = ["docker", "veth", "br-", "virbr", "vlan", "ifb", "dummy"]

  /// `DEVTYPE` of what wraps packets in Ethernet frames.
  private static let tunnelTypes: Set<String> = ["vxlan", "geneve", "gretap", "bareudp", "wireguard", "amt"]

  /// The folder of an interface; `nil` for a name that leads elsewhere.
  static func folder(of name: String, in interfaces: String) -> String? {
    guard !name.isEmpty, !name.contains("/"), name != "..", name != "." else { return nil }
    return interfaces + name
  }

  /// The first word of a small file; empty where there is none.
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
