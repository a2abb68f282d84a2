import Encoding

/// The parts of a URL (the subset of RFC 3986 that server and proxy addresses use).
struct URLParts {
  /// The parts of `user:password@host:port`, percent-decoded.
  struct Authority {
    var user: String?
    var password: String?
    var host: String
    var port: Int
  }

  private(set) var scheme: String?
  /// The path and query without a fragment, not decoded.
  private(set) var path: String
  private let userInfo: Substring?
  private let hostPort: Substring
  private let kind: String

  /// Splits a URL.
  ///
  /// - Parameter kind: the kind of URL, for error messages.
  init(_ string: String, kind: String) throws(NATSError) {
    self.kind = kind
    let trimmed = Self.trim(string)
    var rest = trimmed
    scheme = nil
    path = ""
    guard rest.utf8.count <= NATSServerAddress.maximumLength else {
      throw NATSError(.invalidURL, "a \(kind) is longer than \(NATSServerAddress.maximumLength) bytes")
    }
    // Checked first, so that no control byte can reach an HTTP request or a log line.
    guard rest.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw NATSError(
        .invalidURL,
        "a \(kind) contains a blank, a control or a non-ASCII character; write it percent-encoded")
    }
    if let separator = Self.schemeEnd(of: rest) {
      scheme = rest[..<separator].asciiLowercased
      rest = rest[rest.utf8.index(separator, offsetBy: 3)...]
    }
    if let hash = rest.utf8.firstIndex(of: UInt8(ascii: "#")) { rest = rest[..<hash] }
    let end = rest.utf8.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
    path = String(rest[end...])
    rest = rest[..<end]
    if let at = rest.utf8.lastIndex(of: UInt8(ascii: "@")) {
      userInfo = rest[..<at]
      hostPort = rest[rest.utf8.index(after: at)...]
    } else {
      userInfo = nil
      hostPort = rest
      // A '/', '?' or '#' in a password ends the authority, and the apparent host is a part of the secret.
      guard !trimmed.utf8.contains(UInt8(ascii: "@")) else {
        throw NATSError(
          .invalidURL,
          "a \(kind) is invalid: percent-encode the credentials before the '@', and an '@' elsewhere")
      }
    }
  }

  /// Parses user, password, host and port.
  func authority(defaultPort: Int) throws(NATSError) -> Authority {
    var result = Authority(user: nil, password: nil, host: "", port: defaultPort)
    if let userInfo, !userInfo.isEmpty {
      let colon = userInfo.utf8.firstIndex(of: UInt8(ascii: ":"))
      result.user = try decode(userInfo[..<(colon ?? userInfo.endIndex)])
      if let colon { result.password = try decode(userInfo[userInfo.utf8.index(after: colon)...]) }
    }
    var portText: Substring?
    if hostPort.utf8.first == UInt8(ascii: "[") {
      guard let close = hostPort.utf8.firstIndex(of: UInt8(ascii: "]")) else {
        throw invalid("'[' without ']'")
      }
      result.host = try bracketed(hostPort[hostPort.utf8.index(after: hostPort.startIndex)..<close])
      let after = hostPort[hostPort.utf8.index(after: close)...]
      if !after.isEmpty {
        guard after.utf8.first == UInt8(ascii: ":") else {
          throw invalid("'\(after)' after ']' is not a port")
        }
        portText = Substring(after.utf8.dropFirst())
      }
    } else {
      let colon = hostPort.utf8.firstIndex(of: UInt8(ascii: ":"))
      result.host = String(hostPort[..<(colon ?? hostPort.endIndex)])
      if let colon { portText = hostPort[hostPort.utf8.index(after: colon)...] }
      guard !(portText?.utf8.contains(UInt8(ascii: ":")) ?? false) else {
        throw invalid("write an IPv6 address in brackets")
      }
      guard !result.host.isEmpty else { throw invalid("it has no host") }
      guard result.host.utf8.count <= 253, result.host.utf8.allSatisfy({ Self.isHostByte($0) }) else {
        throw invalid("its host is not a host name or an IP address")
      }
      guard Self.hasWholeLabels(result.host) else {
        throw invalid("its host has an empty label or one of more than 63 bytes")
      }
    }
    if let portText, !portText.isEmpty {
      guard portText.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let port = Int(portText),
        (1...65535).contains(port)
      else { throw invalid("its port is not a number from 1 to 65535") }
      result.port = port
    }
    return result
  }

  /// Parses an IPv6 address with an optional zone: `fe80::1%25eth0` (RFC 6874), or `fe80::1%eth0`.
  private func bracketed(_ text: Substring) throws(NATSError) -> String {
    let address = Substring(text.utf8.prefix { $0 != UInt8(ascii: "%") })
    guard IPAddress.isV6(address) else { throw invalid("'\(text)' is not an IPv6 address") }
    guard address.utf8.count < text.utf8.count else { return String(address) }
    let written = text.utf8.dropFirst(address.utf8.count + 1)
    let zone = Substring(written.starts(with: "25".utf8) ? written.dropFirst(2) : written)
    // The names of network interfaces have at most 15 bytes (IFNAMSIZ).
    guard (1...15).contains(zone.utf8.count), zone.utf8.allSatisfy({ Self.isHostByte($0) }) else {
      throw invalid("the zone of its IPv6 address is not the name of a network interface: write %25eth0")
    }
    guard IPAddress.isLinkLocal(address) else {
      throw invalid("only a link-local IPv6 address (fe80::) has a zone")
    }
    return "\(address)%\(zone)"
  }

  /// Whether all labels of a host name have 1 to 63 bytes. A trailing dot is allowed.
  private static func hasWholeLabels(_ host: String) -> Bool {
    let dot = UInt8(ascii: ".")
    let bytes = host.utf8.last == dot ? host.utf8.dropLast() : host.utf8[...]
    return bytes.split(separator: dot, omittingEmptySubsequences: false).allSatisfy {
      (1...63).contains($0.count)
    }
  }

  /// The scheme, unless it is a part of credentials that contain `://`.
  var shownScheme: String? {
    guard let scheme, scheme.utf8.allSatisfy({ Self.isHostByte($0) || $0 == UInt8(ascii: "+") }) else {
      return nil
    }
    return scheme
  }

  /// Host and port. What stands in place of a port and is no number may be a password: the `@` after it was forgotten.
  private var shownHostPort: String {
    let end = hostPort.utf8.lastIndex(of: UInt8(ascii: "]")) ?? hostPort.startIndex
    guard let colon = hostPort.utf8[end...].firstIndex(of: UInt8(ascii: ":")) else { return String(hostPort) }
    let port = hostPort.utf8[hostPort.utf8.index(after: colon)...]
    let isNumber = port.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    return isNumber ? String(hostPort) : String(hostPort[..<colon]) + ":[redacted]"
  }

  /// Creates an error that contains the URL without its credentials.
  func invalid(_ reason: String) -> NATSError {
    let prefix = shownScheme.map { "\($0)://" } ?? ""
    let shown = hostPort.isEmpty ? "" : " '\(prefix)\(shownHostPort)'"
    return NATSError(.invalidURL, "the \(kind)\(shown) cannot be used: \(reason)")
  }

  private func decode(_ text: Substring) throws(NATSError) -> String {
    guard let bytes = PercentEncoding.decode(text) else {
      throw invalid("a '%' before the '@' is not followed by two hexadecimal digits")
    }
    guard let decoded = String(validating: bytes, as: UTF8.self) else {
      throw invalid("the credentials before the '@' are not UTF-8")
    }
    return decoded
  }

  static func trim(_ string: String) -> Substring {
    var text = Substring(string)
    while let first = text.utf8.first, isBlank(first) { text = Substring(text.utf8.dropFirst()) }
    while let last = text.utf8.last, isBlank(last) { text = Substring(text.utf8.dropLast()) }
    return text
  }

  static func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || (0x09...0x0D).contains(byte)
  }

  /// Whether a text is not empty and consists of bytes that are valid in host names.
  static func isHostName(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { isHostByte($0) }
  }

  private static func isHostByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): true
    default: false
    }
  }

  /// Returns the position of `://`, if there is one.
  private static func schemeEnd(of text: Substring) -> Substring.Index? {
    text.utf8.indices.first { text.utf8[$0...].starts(with: "://".utf8) }
  }
}
