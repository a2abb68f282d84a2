/// The textual form of server and proxy URLs in the configuration.
enum URLText {
  private static let comma = UInt8(ascii: ",")
  private static let at = UInt8(ascii: "@")

  /// The non-empty items of a comma-separated list.
  static func list(_ text: String) -> [String] {
    text.utf8.split(separator: comma).map { trimmed(Substring($0)) }.filter { !$0.isEmpty }
  }

  /// The list with the user information and the query of each URL replaced.
  ///
  /// A password may contain commas and slashes that should have been percent-encoded. Everything before the last `@` of a URL
  /// is therefore replaced, across commas.
  static func redacted(_ text: String) -> String {
    guard text.utf8.contains(at) else {
      // What stands in place of a port and is no number may be a password: the @ after it was forgotten.
      return withoutQueries(list(text).map { looksComplete($0) ? $0 : scheme(of: $0) + "[redacted]" })
    }
    var parts: [String] = []
    var pending: String?
    // Bytes, not characters: with a combining mark after it, an @ is part of another character.
    for bytes in text.utf8.split(separator: comma, omittingEmptySubsequences: false) {
      let part = String(Substring(bytes))
      let whole = pending.map { $0 + "," + part } ?? part
      pending = nil
      if let at = whole.utf8.lastIndex(of: at) {
        parts.append(scheme(of: whole) + "[redacted]@" + whole[whole.utf8.index(after: at)...])
      } else if looksComplete(whole) {
        parts.append(trimmed(whole[...]))
      } else {
        pending = whole
      }
    }
    if let pending { parts.append(scheme(of: pending) + "[redacted]") }
    return withoutQueries(parts.filter { !$0.isEmpty })
  }

  /// The list without queries and fragments, which may contain tokens. A query may contain commas: it extends to the next
  /// scheme.
  private static func withoutQueries(_ parts: [String]) -> String {
    var shown: [String] = []
    var isInQuery = false
    for part in parts {
      if !scheme(of: part).isEmpty { isInQuery = false }
      if isInQuery { continue }
      guard let mark = part.utf8.firstIndex(where: { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") })
      else {
        shown.append(part)
        continue
      }
      shown.append(part[..<mark] + "?[redacted]")
      isInQuery = true
    }
    return shown.joined(separator: ",")
  }

  /// The scheme with `://`; empty when there is none.
  static func scheme(of url: String) -> String {
    let start = trimmed(url[...])
    var rest = start.utf8[...]
    while let byte = rest.first, isSchemeByte(byte) { rest = rest.dropFirst() }
    guard rest.starts(with: "://".utf8), rest.startIndex > start.startIndex else { return "" }
    return String(start[..<rest.startIndex]) + "://"
  }

  /// The text without surrounding white space.
  static func trimmed(_ text: Substring) -> String {
    var text = text
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }

  /// Whether an item without `@` is a URL without credentials: `host` or `host:port`, optionally with a path.
  private static func looksComplete(_ part: String) -> Bool {
    let text = trimmed(part[...])
    let rest = text.utf8.dropFirst(scheme(of: text).utf8.count)
    let authority = rest.prefix { $0 != UInt8(ascii: "/") }
    guard let colon = authority.lastIndex(of: UInt8(ascii: ":")), authority.last != UInt8(ascii: "]") else {
      return true
    }
    return authority[authority.index(after: colon)...].allSatisfy { (0x30...0x39).contains($0) }
  }

  private static func isSchemeByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
      true
    default: false
    }
  }
}

extension URLText {
  /// Why a server URL is invalid; nil when it is valid. Quotes no part of the URL.
  static func problem(_ url: String, schemes: [String], needsScheme: Bool) -> String? {
    let prefix = scheme(of: url)
    let wanted = schemes.map { $0 + "://" }
    if prefix.isEmpty {
      if needsScheme || url.contains("://") { return "must begin with \(wanted.joined(separator: " or "))" }
    } else if !wanted.contains(prefix.lowercased()) {
      return "must begin with \(wanted.joined(separator: " or "))"
    }
    guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      return "holds a blank or a character beyond ASCII"
    }
    let rest = url.dropFirst(prefix.count)
    var authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    if let at = rest.lastIndex(of: "@") {
      authority = rest[rest.index(after: at)...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    }
    if authority.hasPrefix("[") {
      guard let end = authority.firstIndex(of: "]") else { return "has no ] after its address" }
      return problem(portPart: authority[authority.index(after: end)...])
    }
    let host = authority.prefix { $0 != ":" }
    guard !host.isEmpty else { return "names no host" }
    return problem(portPart: authority[host.endIndex...])
  }

  private static func problem(portPart text: Substring) -> String? {
    if text.isEmpty { return nil }
    if text.dropFirst().contains(":") { return "an IPv6 address must stand in brackets" }
    guard text.first == ":", let port = UInt16(text.dropFirst()), port > 0 else {
      return "its port must be a number from 1 to 65535"
    }
    return nil
  }
}
