import Glibc

/// Parsing of IPv4 and IPv6 addresses.
enum IPAddress {
  /// Returns the address in network byte order, 4 or 16 bytes, or nil if the text is not an IP address. A zone (`%eth0`) is ignored.
  static func bytes(_ text: String) -> [UInt8]? {
    var address = [UInt8](repeating: 0, count: 16)
    if inet_pton(AF_INET, text, &address) == 1 { return Array(address[..<4]) }
    if inet_pton(AF_INET6, String(text.prefix { $0 != "%" }), &address) == 1 { return address }
    return nil
  }

  /// Same as ``bytes(_:)``, with an IPv4-mapped IPv6 address (`::ffff:10.0.0.1`) converted to the IPv4 address.
  static func canonicalBytes(_ text: String) -> [UInt8]? {
    guard let bytes = bytes(text) else { return nil }
    let isMapped = bytes.count == 16 && bytes[..<10].allSatisfy { $0 == 0 } && bytes[10...11] == [0xFF, 0xFF]
    return isMapped ? Array(bytes[12...]) : bytes
  }

  /// Whether an address is a link-local IPv6 address (`fe80::/10`), which needs a zone.
  static func isLinkLocal(_ text: String) -> Bool {
    guard let bytes = bytes(text), bytes.count == 16 else { return false }
    return bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80
  }

  static func isLiteral(_ text: String) -> Bool { bytes(text) != nil }

  static func isV6(_ text: String) -> Bool { bytes(text)?.count == 16 }
}
