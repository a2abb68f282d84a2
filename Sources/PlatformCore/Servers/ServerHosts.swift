import NATS

/// Checks of the hosts and ports of servers that are about to be configured.
public enum ServerHosts {
  /// The problem of a list of hosts, for the operator; nil if there is none.
  public static func problem(_ hosts: [String]) -> String? {
    var seen: Set<String> = []
    for host in hosts {
      do throws(NATSError) {
        let address = try NATSServerAddress("nats://\(host)")
        guard !host.isEmpty, address.hostAndPort == "\(host):4222" else {
          return "\(host.debugDescription) is not a host name or an IP address (IPv6 in brackets)"
        }
      } catch {
        return "\(host.debugDescription): \(error.message)"
      }
      let name = (host.hasSuffix(".") ? String(host.dropLast()) : host).lowercased()
      guard seen.insert(name).inserted else { return "\(host.debugDescription) is named twice" }
    }
    return nil
  }

  /// The problem of the ports of one host, named by their options; nil if there is none.
  public static func problem(ports: [(option: String, port: UInt16)]) -> String? {
    var seen: [UInt16: String] = [:]
    for (option, port) in ports {
      guard port > 0 else { return "\(option) takes a port from 1 to 65535" }
      if let other = seen.updateValue(option, forKey: port) {
        return "\(other) and \(option) are both \(port)"
      }
    }
    return nil
  }
}
