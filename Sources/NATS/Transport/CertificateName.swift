/// Matching of DNS names in certificates (RFC 6125, section 6.4).
enum CertificateName {
  /// Whether a dNSName of a certificate matches a host name.
  ///
  /// ASCII case and a trailing dot of the host are ignored. `*` is a wildcard only as the whole first label, followed by at least
  /// two labels, and matches exactly one label. A dNSName never matches an IP address.
  static func matches(_ pattern: [UInt8], host: String) -> Bool {
    guard !IPAddress.isLiteral(host) else { return false }
    var name = host.utf8.map(lowercased)
    if name.last == dot { name.removeLast() }
    let pattern = pattern.map(lowercased)
    guard !name.isEmpty, !pattern.isEmpty else { return false }
    guard pattern.starts(with: [UInt8(ascii: "*"), dot]) else { return pattern == name }
    let parent = pattern.dropFirst(2)
    guard parent.contains(dot), let end = name.firstIndex(of: dot), end > 0 else { return false }
    return name[(end + 1)...].elementsEqual(parent)
  }

  private static let dot = UInt8(ascii: ".")

  private static func lowercased(_ byte: UInt8) -> UInt8 {
    (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
  }
}
