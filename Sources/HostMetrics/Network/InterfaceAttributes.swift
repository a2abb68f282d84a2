/// The attributes of a network interface in its folder of sysfs (Documentation/ABI/testing/sysfs-class-net).
package struct InterfaceAttributes: Sendable, Equatable {
  /// Whether it belongs to a device: real hardware, or that of a hypervisor.
  package var hasDevice = false
  /// Whether other interfaces of this network namespace carry its traffic, as for a bond, bridge or VLAN.
  package var hasLower = false
  /// Whether it is known to encapsulate packets that another interface sends (WireGuard, tun, tap, VXLAN).
  package var isTunnel = false
  /// Whether it is administratively up (`IFF_UP`).
  package var isUp = false

  package init() {}

  /// Evaluates the name of an entry of the folder.
  package mutating func add(entry name: UnsafeRawBufferPointer) {
    if name.equals("device") { hasDevice = true }
    if ByteScanner(name).begins(with: "lower_") { hasLower = true }
    // A file of tun and tap interfaces (drivers/net/tun.c).
    if name.equals("tun_flags") { isTunnel = true }
  }

  /// Evaluates the file `type`: an ARPHRD number.
  package mutating func add(type content: UnsafeRawBufferPointer) {
    let type = content.firstWord
    // Ethernet and InfiniBand are link types of hardware; any other type carries bare IP packets (ARPHRD_NONE, ARPHRD_TUNNEL, …).
    if !type.isEmpty, !type.equals("1"), !type.equals("32") { isTunnel = true }
  }

  /// Evaluates the file `uevent`: lines `KEY=value`.
  package mutating func add(uevent content: UnsafeRawBufferPointer) {
    var content = ByteScanner(content)
    while var line = content.line() {
      guard line.take("DEVTYPE=") else { continue }
      let type = line.rest
      if Self.tunnelTypes.contains(where: { type.equals($0) }) { isTunnel = true }
      return
    }
  }

  /// Evaluates the file `flags`: a hexadecimal number whose bit 0 is `IFF_UP`.
  package mutating func add(flags content: UnsafeRawBufferPointer) {
    // Digits and letters of hexadecimal numbers: 0x31 is 1, 0x61 is a, an even number.
    switch content.firstWord.last {
    case .some(let digit) where (0x30...0x39).contains(digit): isUp = digit & 1 == 1
    case .some(let letter) where (0x61...0x66).contains(letter | 0x20): isUp = letter & 1 == 0
    default: isUp = false
    }
  }

  /// For each interface, whether another interface of the list counts the same traffic; `nil` if unknown.
  ///
  /// With hardware interfaces, all traffic of the machine passes through them. Without any, as in a container, the interfaces at the
  /// bottom of each stack count.
  package static func stacked(_ interfaces: [InterfaceAttributes?]) -> [Bool?] {
    for rule in CountingRule.allCases {
      guard interfaces.contains(where: { $0.map(rule.counts) ?? false }) else { continue }
      return interfaces.map { $0.map { !rule.counts($0) } }
    }
    return interfaces.map { _ in nil }
  }

  /// Which interfaces count the traffic of a machine, the most specific rule first.
  private enum CountingRule: CaseIterable {
    case hardware, lowestWithoutTunnels, lowest, all

    func counts(_ interface: InterfaceAttributes) -> Bool {
      switch self {
      case .hardware: interface.hasDevice && !interface.hasLower
      case .lowestWithoutTunnels: !interface.hasLower && !interface.isTunnel
      case .lowest: !interface.hasLower
      case .all: true
      }
    }
  }

  /// `DEVTYPE` of tunnels that carry Ethernet frames.
  private static let tunnelTypes: [StaticString] = [
    "vxlan", "geneve", "gretap", "bareudp", "wireguard", "amt",
  ]
}

/// Rules for the names of network interfaces. Names are compared by bytes, as the kernel does.
package enum InterfaceName {
  /// Prefixes of interfaces that belong to containers, bridges or traffic shaping, unless their attributes show otherwise.
  private static let ignoredPrefixes: [StaticString] = [
    "docker", "veth", "br-", "virbr", "vlan", "ifb", "dummy",
  ]

  /// Whether an interface of this name is not reported, unless it has a device, or is named `vlan…` and not on top of another
  /// interface.
  package static func hasIgnoredPrefix(_ name: String) -> Bool {
    ignoredPrefixes.contains { hasPrefix(name, $0) }
  }

  package static func isNamedVLAN(_ name: String) -> Bool { hasPrefix(name, "vlan") }

  /// Whether the name is a single path component, and so does not lead outside of the folder of interfaces.
  package static func isPathComponent(_ name: String) -> Bool {
    let bytes = name.utf8
    return !bytes.isEmpty && !bytes.contains(UInt8(ascii: "/")) && !bytes.elementsEqual(".".utf8)
      && !bytes.elementsEqual("..".utf8)
  }

  private static func hasPrefix(_ name: String, _ prefix: StaticString) -> Bool {
    name.utf8.starts(
      with: UnsafeBufferPointer(start: prefix.utf8Start, count: prefix.utf8CodeUnitCount))
  }
}

extension UnsafeRawBufferPointer {
  /// The bytes before the first blank or control character.
  fileprivate var firstWord: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: prefix { $0 > 0x20 })
  }
}
