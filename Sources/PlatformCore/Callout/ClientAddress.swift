import Glibc

/// The address by which limits distinguish clients: an IPv4 address, or the first 64 bits of an IPv6 address, as one customer
/// usually owns a whole /64.
public struct ClientAddress: Sendable, Hashable {
  private let bytes: [UInt8]

  /// Parses the address that a server reports. All invalid addresses are equal.
  public init(_ text: String) {
    var four = in_addr()
    var six = in6_addr()
    let address = text.utf8.count <= 64 ? String(text.prefix { $0 != "%" }) : ""
    if inet_pton(AF_INET, address, &four) == 1 {
      bytes = withUnsafeBytes(of: &four) { Array($0) }
    } else if inet_pton(AF_INET6, address, &six) == 1 {
      let all = withUnsafeBytes(of: &six) { Array($0) }
      let isMapped = all[..<10].allSatisfy { $0 == 0 } && all[10] == 0xFF && all[11] == 0xFF
      bytes = isMapped ? Array(all[12...]) : Array(all[..<8])
    } else {
      bytes = []
    }
  }
}
