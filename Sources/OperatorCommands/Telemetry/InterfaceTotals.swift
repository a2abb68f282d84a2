import AgentProtocol
import Encoding

/// Selects the interfaces whose sum is the traffic of the machine. Bonds, VLANs, bridges and tunnels are excluded, because their
/// traffic is also counted by the interface below.
enum InterfaceTotals {
  /// The interfaces to sum.
  static func counted(_ interfaces: [TelemetryPayload.Interface]) -> [TelemetryPayload.Interface] {
    if interfaces.contains(where: { $0.isStacked != nil }) {
      return interfaces.filter { $0.isStacked != true }
    }
    // Agents of earlier versions send names only.
    let names = Set(interfaces.map { ExactString($0.interface) })
    let bottom = interfaces.filter { !isStacked($0.interface, among: names) }
    return bottom.isEmpty ? interfaces : bottom
  }

  private static let stackedPrefixes = [
    "bond", "team", "br", "vlan", "wg", "tun", "tap", "vnet", "virbr", "vxlan", "vx-", "geneve", "gre",
    "sit", "ipip", "ip6tnl", "tailscale", "zt", "nordlynx", "cali", "cilium", "lxc", "lxd", "cni", "flannel",
    "weave", "kube", "veth", "docker", "podman", "macvtap", "macvlan", "ipvlan", "fwbr", "fwpr", "fwln",
    "ovs", "ppp", "ifb", "dummy",
  ]

  private static func isStacked(_ name: String, among names: Set<ExactString>) -> Bool {
    // eth0.100 is a VLAN of eth0.
    if let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")), names.contains(ExactString(name[..<dot])) {
      return true
    }
    return stackedPrefixes.contains { name.hasPrefix($0) }
  }
}
