import Glibc

/// Tells IP addresses from host names.
enum IPAddress {
  /// The address in network byte order, 4 or 16 bytes; nil when the text is none. A zone (`%eth0`) is not
  /// part of it.
  static func bytes(_ text: String) -> [UInt8]? {
    var address = [UInt8](repeating: 0, count: 16)
    if inet_pton(AF_INET, text, &address) == 1 { return Array(address[..<4]) }
    if inet_pton(AF_INET6, String(text.prefix { $0 != "%" }), &address) == 1 { return address }
    return nil
  }

  /// As ``bytes(_:)``, with an IPv4-mapped IPv6 address (`::ffff:10.0.0.1`) as the IPv4 address that it stands for.
  static func canonicalBytes(_ text: String) -> [UInt8]? {
    guard let bytes = bytes(text) else { return nil }
    let isMapped = bytes.count == 16 && bytes[..<10].allSatisfy { $0 == 0 } && bytes[10...11] == [0xFF, 0xFF]
    return isMapped ? Array(bytes[12...]) : bytes
  }

  /// Whether an address is an IPv6 one that counts on one link only (`fe80::/10`), so that it needs a zone.
  static func isLinkLocal(_ text: String) -> Bool {
    guard let bytes = bytes(text), bytes.count == 16 else { return false }
    return bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80
  }

  static func isLiteral(_ text: String) -> Bool { bytes(text) != nil }

  static func isV6(_ text: String) -> Bool { bytes(text)?.count == 16 }
}
