import Encoding

/// Parsing of IPv4 and IPv6 addresses. Accepts the same texts as inet_pton(3).
package enum IPAddress {
  /// Returns the address in network byte order, 4 or 16 bytes, or nil if the text is not an IP address. A zone (`%eth0`) is ignored.
  package static func bytes(_ text: some StringProtocol) -> [UInt8]? {
    bytes(Array(text.utf8))
  }

  private static func bytes(_ text: [UInt8]) -> [UInt8]? {
    if let address = v4(text[...]) { return address }
    let address = text.prefix { $0 != UInt8(ascii: "%") }
    // The name of a network interface: printable, at most 15 bytes (IFNAMSIZ).
    let zone = text[address.endIndex...].dropFirst()
    guard
      address.endIndex == text.endIndex
        || ((1...15).contains(zone.count) && zone.allSatisfy { $0 > 0x20 && $0 < 0x7F })
    else { return nil }
    return v6(address)
  }

  /// Same as ``bytes(_:)``, with an IPv4-mapped IPv6 address (`::ffff:10.0.0.1`) converted to the IPv4 address.
  package static func canonicalBytes(_ text: some StringProtocol) -> [UInt8]? {
    guard let bytes = bytes(text) else { return nil }
    let isMapped = bytes.count == 16 && bytes[..<10].allSatisfy { $0 == 0 } && bytes[10...11] == [0xFF, 0xFF]
    return isMapped ? Array(bytes[12...]) : bytes
  }

  /// Whether an address is a link-local IPv6 address (`fe80::/10`), which needs a zone.
  package static func isLinkLocal(_ text: some StringProtocol) -> Bool {
    guard let bytes = bytes(text), bytes.count == 16 else { return false }
    return bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80
  }

  package static func isLiteral(_ text: some StringProtocol) -> Bool { bytes(text) != nil }

  package static func isV6(_ text: some StringProtocol) -> Bool { bytes(text)?.count == 16 }

  /// Parses four decimal numbers without leading zeros, separated by dots.
  private static func v4(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    var address: [UInt8] = []
    for part in text.split(separator: UInt8(ascii: "."), maxSplits: 4, omittingEmptySubsequences: false) {
      guard (1...3).contains(part.count), part.count == 1 || part.first != UInt8(ascii: "0") else {
        return nil
      }
      var value: UInt16 = 0
      for digit in part {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
        value = value * 10 + UInt16(digit - UInt8(ascii: "0"))
      }
      guard let byte = UInt8(exactly: value) else { return nil }
      address.append(byte)
    }
    return address.count == 4 ? address : nil
  }

  /// Parses groups of up to four hexadecimal digits, separated by colons (RFC 4291, section 2.2). `::` stands for the missing
  /// groups, and the last two can be an IPv4 address.
  private static func v6(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    let colon = UInt8(ascii: ":")
    var address: [UInt8] = []
    var gap: Int?
    var rest = text
    if rest.first == colon {
      guard rest.dropFirst().first == colon else { return nil }
      rest = rest.dropFirst()
    }
    while let first = rest.first {
      if first == colon {
        // The second colon of `::`, as every group consumes the colon after it.
        guard gap == nil else { return nil }
        gap = address.count
        rest = rest.dropFirst()
        continue
      }
      let group = rest.prefix { $0 != colon }
      if group.contains(UInt8(ascii: ".")) {
        guard group.endIndex == rest.endIndex, address.count <= 12, let last = v4(group) else { return nil }
        address += last
        break
      }
      guard group.count <= 4, address.count <= 14 else { return nil }
      var value: UInt16 = 0
      for digit in group {
        guard let digit = Hexadecimal.value(of: digit) else { return nil }
        value = value << 4 | UInt16(digit)
      }
      address.append(UInt8(value >> 8))
      address.append(UInt8(value & 0xFF))
      rest = rest[group.endIndex...]
      guard rest.first == colon else { continue }
      rest = rest.dropFirst()
      // A single colon at the end.
      if rest.isEmpty { return nil }
    }
    guard let gap else { return address.count == 16 ? address : nil }
    guard address.count < 16 else { return nil }
    address.insert(contentsOf: [UInt8](repeating: 0, count: 16 - address.count), at: gap)
    return address
  }
}
