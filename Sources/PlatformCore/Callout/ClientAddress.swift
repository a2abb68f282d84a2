import Glibc

/// Where a client comes from, as limits tell clients apart: an IPv4 address, or the first 64 bits of an IPv6 address, of which
/// one customer has all the rest.
public struct ClientAddress: Sendable, Hashable {
  private let bytes: [UInt8]

  /// Reads the address that a server reports. What is none counts as one and the same.
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
