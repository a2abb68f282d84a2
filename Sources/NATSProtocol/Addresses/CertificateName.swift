import Encoding

/// Matching of DNS names in certificates (RFC 6125, section 6.4).
package enum CertificateName {
  /// Whether a dNSName of a certificate matches a host name.
  ///
  /// ASCII case and a trailing dot of the host are ignored. `*` is a wildcard only as the whole first label, followed by at least
  /// two labels, and matches exactly one label. A dNSName never matches an IP address.
  package static func matches(_ pattern: [UInt8], host: String) -> Bool {
    guard !IPAddress.isLiteral(host) else { return false }
    var name = host.utf8.map { $0.asciiLowercased }
    if name.last == dot { name.removeLast() }
    let pattern = pattern.map { $0.asciiLowercased }
    guard !name.isEmpty, !pattern.isEmpty else { return false }
    guard pattern.starts(with: [UInt8(ascii: "*"), dot]) else { return pattern == name }
    let parent = pattern.dropFirst(2)
    guard parent.contains(dot), let end = name.firstIndex(of: dot), end > 0 else { return false }
    return name[(end + 1)...].elementsEqual(parent)
  }

  private static let dot = UInt8(ascii: ".")
}
