/// The hosts that `NO_PROXY` takes out.
struct ProxyExemptions {
  private let items: [Substring]

  init(_ text: String) {
    items = text.split { $0 == "," || $0 == " " || $0 == "\t" }
  }

  func cover(_ server: NATSServerAddress) -> Bool {
    items.contains { Self.covers($0, server) }
  }

  private static func covers(_ item: Substring, _ server: NATSServerAddress) -> Bool {
    if item == "*" { return true }
    var name = item
    if let (host, port) = splitPort(item) {
      guard port == server.port else { return false }
      name = host
    }
    if name.hasPrefix("["), name.hasSuffix("]") { name = name.dropFirst().dropLast() }
    let address = IPAddress.bytes(server.host)
    if address != nil { return address == IPAddress.bytes(String(name)) }
    if name.hasPrefix("*.") {
      name = name.dropFirst(2)
    } else if name.hasPrefix(".") {
      name = name.dropFirst()
    }
    guard !name.isEmpty else { return false }
    let domain = name.lowercased()
    let host = server.host.lowercased()
    return host == domain || host.hasSuffix("." + domain)
  }

  /// Host and port of `host:port` and `[v6]:port`; nil for anything else, an IPv6 address without brackets
  /// included.
  private static func splitPort(_ item: Substring) -> (Substring, Int)? {
    guard let colon = item.lastIndex(of: ":"), let port = Int(item[item.index(after: colon)...]) else {
      return nil
    }
    let host = item[..<colon]
    if host.contains(":"), !host.hasSuffix("]") { return nil }
    return (host, port)
  }
}
