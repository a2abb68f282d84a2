import Encoding

/// The entries of `NO_PROXY`.
package struct ProxyExemptions {
  private enum Hosts: Equatable {
    case all
    /// An address in network byte order and the length of its prefix in bits.
    case network([UInt8], prefix: Int)
    /// A host and its subdomains, in lower case without leading and trailing dots.
    case domain(String)
  }

  private var items: [(hosts: Hosts, port: Int?)] = []
  /// The invalid entries, which exempt nothing.
  package private(set) var unreadable: [String] = []

  package init(_ text: String) {
    let separators: [UInt8] = [UInt8(ascii: ","), UInt8(ascii: " "), UInt8(ascii: "\t")]
    for entry in text.utf8.split(whereSeparator: { separators.contains($0) }) {
      let entry = Substring(entry)
      if let item = Self.read(entry) { items.append(item) } else { unreadable.append(String(entry)) }
    }
  }

  package func cover(_ server: NATSServerAddress) -> Bool {
    let address = IPAddress.canonicalBytes(server.host)
    let name = Self.canonicalName(server.host)
    return items.contains { item in
      if let port = item.port, port != server.port { return false }
      switch item.hosts {
      case .all: return true
      case .network(let network, let prefix):
        return address.map { Self.contains(network, prefix: prefix, address: $0) } ?? false
      case .domain(let domain):
        return address == nil
          && (name.hasSameBytes(as: domain)
            || name.utf8.suffix(domain.utf8.count + 1).elementsEqual(("." + domain).utf8))
      }
    }
  }

  private static func read(_ entry: Substring) -> (hosts: Hosts, port: Int?)? {
    if entry.hasSameBytes(as: "*") { return (.all, nil) }
    var text = entry
    var port: Int?
    if let split = splitPort(entry) {
      guard (1...65535).contains(split.port) else { return nil }
      (text, port) = (split.host, split.port)
    }
    if let slash = text.utf8.firstIndex(of: UInt8(ascii: "/")) {
      guard let network = network(text[..<slash], prefix: text[text.utf8.index(after: slash)...]) else {
        return nil
      }
      return (network, port)
    }
    if let bytes = IPAddress.canonicalBytes(String(withoutBrackets(text))) {
      return (.network(bytes, prefix: bytes.count * 8), port)
    }
    if text.utf8.starts(with: "*.".utf8) { text = Substring(text.utf8.dropFirst()) }
    if text.utf8.first == UInt8(ascii: ".") { text = Substring(text.utf8.dropFirst()) }
    let name = canonicalName(String(text))
    guard URLParts.isHostName(name) else { return nil }
    return (.domain(name), port)
  }

  /// Parses a range such as `10.0.0.0/8`. Bits after the prefix are ignored.
  private static func network(_ address: Substring, prefix: Substring) -> Hosts? {
    let written = String(withoutBrackets(address))
    guard !prefix.isEmpty, prefix.utf8.count <= 3, prefix.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      var bits = Int(prefix), let width = IPAddress.bytes(written)?.count,
      let bytes = IPAddress.canonicalBytes(written), bits <= width * 8
    else { return nil }
    if width == 16, bytes.count == 4 {
      // `::ffff:10.0.0.0/104` is equivalent to `10.0.0.0/8`.
      bits -= 96
      guard bits >= 0 else { return nil }
    }
    return .network(bytes, prefix: bits)
  }

  private static func contains(_ network: [UInt8], prefix: Int, address: [UInt8]) -> Bool {
    guard network.count == address.count else { return false }
    let whole = prefix / 8
    guard network[..<whole] == address[..<whole] else { return false }
    let rest = prefix % 8
    return rest == 0 || (network[whole] ^ address[whole]) >> UInt8(8 - rest) == 0
  }

  private static func canonicalName(_ name: String) -> String {
    (name.utf8.last == UInt8(ascii: ".") ? Substring(name.utf8.dropLast()) : Substring(name)).asciiLowercased
  }

  private static func withoutBrackets(_ text: Substring) -> Substring {
    text.utf8.first == UInt8(ascii: "[") && text.utf8.last == UInt8(ascii: "]")
      ? Substring(text.utf8.dropFirst().dropLast()) : text
  }

  /// Splits `host:port` and `[v6]:port`. Returns nil for anything else, including an IPv6 address without brackets.
  private static func splitPort(_ item: Substring) -> (host: Substring, port: Int)? {
    guard let colon = item.utf8.lastIndex(of: UInt8(ascii: ":")),
      let port = Int(item[item.utf8.index(after: colon)...])
    else {
      return nil
    }
    let host = item[..<colon]
    if host.utf8.contains(UInt8(ascii: ":")), !host.utf8.contains(UInt8(ascii: "]")) { return nil }
    return (host, port)
  }
}
