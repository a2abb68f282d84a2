import JSON

/// Which interfaces of a telemetry payload add up to the traffic of the machine: a bond, a VLAN, a bridge and a tunnel count what the
/// interface below them counts as well.
enum InterfaceTotals {
  /// The interfaces to add up.
  static func counted(_ interfaces: [JSONObject]) -> [JSONObject] {
    if interfaces.contains(where: { $0["stacked"]?.boolValue != nil }) {
      return interfaces.filter { $0["stacked"]?.boolValue != true }
    }
    // An agent of an earlier version says nothing about it, only the names are left.
    let names = Set(interfaces.compactMap { $0["interface"]?.stringValue })
    let bottom = interfaces.filter { !isStacked($0["interface"]?.stringValue ?? "", among: names) }
    return bottom.isEmpty ? interfaces : bottom
  }

  private static let stackedPrefixes = [
    "bond", "team", "br", "vlan", "wg", "tun", "tap", "vnet", "virbr", "vxlan", "vx-", "geneve", "gre",
    "sit", "ipip", "ip6tnl", "tailscale", "zt", "nordlynx", "cali", "cilium", "lxc", "lxd", "cni", "flannel",
    "weave", "kube", "veth", "docker", "podman", "macvtap", "macvlan", "ipvlan", "fwbr", "fwpr", "fwln",
    "ovs", "ppp", "ifb", "dummy",
  ]

  private static func isStacked(_ name: String, among names: Set<String>) -> Bool {
    // eth0.100 is a VLAN of eth0.
    if let dot = name.lastIndex(of: "."), names.contains(String(name[..<dot])) { return true }
    return stackedPrefixes.contains { name.hasPrefix($0) }
  }
}
