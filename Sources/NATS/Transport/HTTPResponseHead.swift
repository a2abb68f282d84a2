import NIOCore

/// The status line and header fields of an HTTP/1.x response (RFC 9112).
struct HTTPResponseHead {
  let status: Int
  /// The printable ASCII characters of the reason phrase, at most 80 bytes. Safe for logs.
  let reason: String
  private let fields: [(name: String, value: String)]

  /// Returns all values of a field in order. Names are compared without regard to case.
  func values(_ name: String) -> [String] {
    let wanted = name.lowercased()
    return fields.filter { $0.name == wanted }.map(\.value)
  }

  /// Whether a field that is a list of tokens contains a token, without regard to case.
  func has(token: String, in name: String) -> Bool {
    values(name).contains { value in
      value.split(separator: ",").contains { URLParts.trim(String($0)).lowercased() == token }
    }
  }

  /// Parses a response head.
  ///
  /// - Parameter block: the bytes before the empty line.
  /// - Returns: nil if `block` is not an HTTP response head.
  init?(block: String) {
    var lines = block.split(separator: "\r\n", omittingEmptySubsequences: false)[...]
    guard let statusLine = lines.popFirst() else { return nil }
    let parts = statusLine.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count >= 2, parts[0].hasPrefix("HTTP/1."), parts[1].utf8.count == 3, let code = Int(parts[1]),
      (100...999).contains(code)
    else { return nil }
    status = code
    let phrase = parts.count > 2 ? parts[2] : ""
    reason = String(
      decoding: phrase.utf8.lazy.filter { (0x20..<0x7F).contains($0) }.prefix(80), as: UTF8.self)
    var fields: [(name: String, value: String)] = []
    for line in lines {
      guard let colon = line.firstIndex(of: ":"), colon != line.startIndex else { return nil }
      let value = URLParts.trim(String(line[line.index(after: colon)...]))
      fields.append((line[..<colon].lowercased(), String(value)))
    }
    self.fields = fields
  }
}
