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

  static func isLiteral(_ text: String) -> Bool { bytes(text) != nil }

  static func isV6(_ text: String) -> Bool { bytes(text)?.count == 16 }
}
