import HostMetrics
import Testing

@testable import LinuxMetrics

@Suite struct InterfaceTests {
  private static let heading = """
    Inter-|   Receive                                                |  Transmit
     face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed

    """

  private static func line(_ name: String, _ received: UInt64, _ sent: UInt64) -> String {
    "\(name):\(received) 2 3 4 5 6 7 8 \(sent) 10 11 12 13 14 15 16\n"
  }

  @Test func onlyHostInterfacesAreReported() throws {
    let machine = try MachineFolder()
    let names = [
      "lo", "docker0", "veth12ab", "br-0123", "virbr0", "vlan10", "ifb0", "dummy0", "eth0", "ens3.10", "wg0",
      "bridge", "lowpan0",
    ]
    try machine.write(
      "proc/net/dev", Self.heading + names.map { Self.line($0, 100, 200) }.joined())
    try machine.write("sys/class/net/eth0/flags", "0x1003\n")
    try machine.write("sys/class/net/ens3.10/flags", "0x1002\n")
    let network = try QuerySampler(files: machine.files, prober: MountProber()).network()
    #expect(network.map(\.interface) == ["eth0", "ens3.10", "wg0", "bridge", "lowpan0"])
    #expect(network.map(\.isUp) == [true, false, false, false, false])
    #expect(
      network[0]
        == InterfaceUsage(
          interface: "eth0", bytesSent: 200, bytesReceived: 100, isUp: true, rxErrors: 3, txErrors: 11,
          isStacked: false))
  }

  /// Whether each interface is stacked, by the entries of its folder in sysfs.
  private func usage(_ interfaces: [(name: String, entries: [String])]) throws -> [String: Bool?] {
    let machine = try MachineFolder()
    var table = "a|b\nc|d\n"
    for (name, entries) in interfaces {
      table += "\(name): 1 0 0 0 0 0 0 0 1 0 0 0 0 0 0 0\n"
      let folder = "sys/class/net/\(name)/"
      try machine.write(folder + "flags", "0x1003\n")
      if !entries.contains(where: { $0.hasPrefix("type=") }) { try machine.write(folder + "type", "1\n") }
      for entry in entries {
        if entry.hasPrefix("type=") {
          try machine.write(folder + "type", entry.dropFirst(5) + "\n")
        } else if entry.hasPrefix("DEVTYPE=") {
          try machine.write(folder + "uevent", "INTERFACE=\(name)\n\(entry)\n")
        } else {
          try machine.link(folder + entry, to: "../somewhere")
        }
      }
    }
    try machine.write("proc/net/dev", table)
    let network = try QuerySampler(files: machine.files, prober: MountProber()).network()
    return Dictionary(uniqueKeysWithValues: network.map { ($0.interface, $0.isStacked) })
  }

  @Test func withHardwareEverythingElseIsStacked() throws {
    let stacked = try usage([
      ("eth0", ["device", "master"]), ("eth1", ["device", "master"]),
      ("bond0", ["lower_eth0", "lower_eth1"]),
      ("bond0.40", ["lower_bond0", "DEVTYPE=vlan"]), ("wg0", ["type=65534", "DEVTYPE=wireguard"]),
      ("br0", ["lower_bond0.40", "lower_tap0", "DEVTYPE=bridge"]), ("tap0", ["tun_flags", "master"]),
      ("tun0", ["tun_flags", "type=65534"]), ("vxlan7", ["DEVTYPE=vxlan"]), ("cali0123", []),
    ])
    #expect(
      stacked == [
        "eth0": false, "eth1": false, "bond0": true, "bond0.40": true, "wg0": true, "br0": true, "tap0": true,
        "tun0": true, "vxlan7": true, "cali0123": true,
      ])
  }

  @Test func syntheticInterfaceAboveHardwareIsStacked() throws {
    // Hyper-V: both have a device, and the kernel links them.
    let stacked = try usage([("eth0", ["device", "lower_enP1s1"]), ("enP1s1", ["device", "master"])])
    #expect(stacked == ["eth0": true, "enP1s1": false])
  }

  @Test func withoutHardwareTheLowestInterfacesAreNotStacked() throws {
    // A container: eth0 is one end of a pair.
    let stacked = try usage([
      ("eth0", []), ("eth0.5", ["lower_eth0"]), ("wg0", ["type=65534"]), ("net1", []),
    ])
    #expect(stacked == ["eth0": false, "eth0.5": true, "wg0": true, "net1": false])
    #expect(try usage([("wg0", ["type=65534"])]) == ["wg0": false])
    #expect(try usage([("vx0", ["DEVTYPE=vxlan", "lower_x"])]) == ["vx0": false])
  }

  @Test func ignoredPrefixDoesNotHideHardwareOrPlainVLANNames() throws {
    let network = try usage([
      ("vlan100", []), ("vlan200", ["lower_eth0", "DEVTYPE=vlan"]), ("eth0", ["device"]), ("veth1", []),
      ("docker0", ["DEVTYPE=bridge"]), ("br-lan", ["device"]), ("dummy0", []), ("virbr0", ["DEVTYPE=bridge"]),
    ])
    #expect(network.keys.sorted() == ["br-lan", "eth0", "vlan100"])
    #expect(try usage([("vlan100", [])]) == ["vlan100": false])
  }

  @Test func withoutSysfsStackingIsUnknown() throws {
    let machine = try MachineFolder()
    try machine.write("proc/net/dev", "a|b\nc|d\neth0: 1 0 0 0 0 0 0 0 1 0 0 0 0 0 0 0\n")
    let network = try QuerySampler(files: machine.files, prober: MountProber()).network()
    #expect(network.map(\.isStacked) == [nil])
  }
}
