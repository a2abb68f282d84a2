import Encoding

/// The status line and header fields of an HTTP/1.x response (RFC 9112).
package struct HTTPResponseHead: Sendable {
  package let status: Int
  /// The printable ASCII characters of the reason phrase, at most 80 bytes. Safe for logs.
  package let reason: String
  /// Field names in lower case, and values without surrounding blanks.
  private let fields: [(name: [UInt8], value: [UInt8])]

  /// Returns all values of a field in order. Names are compared without regard to ASCII case.
  package func values(_ name: String) -> [String] {
    let wanted = name.utf8.map { $0.asciiLowercased }
    return fields.filter { $0.name == wanted }.map { String(decoding: $0.value, as: UTF8.self) }
  }

  /// Whether a field that is a list of tokens contains a token, without regard to ASCII case.
  ///
  /// - Parameter token: the token in lower case.
  package func has(token: String, in name: String) -> Bool {
    values(name).contains { Self.items(of: $0, separator: UInt8(ascii: ",")).containsExactly(token) }
  }

  /// Splits a value into items in lower case without surrounding blanks.
  static func items(of value: String, separator: UInt8) -> [String] {
    value.utf8.split(separator: separator, omittingEmptySubsequences: false).map { item in
      String(decoding: trimmed(Array(item)[...]).map { $0.asciiLowercased }, as: UTF8.self)
    }
  }

  private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var bytes = bytes
    while let first = bytes.first, isBlank(first) { bytes.removeFirst() }
    while let last = bytes.last, isBlank(last) { bytes.removeLast() }
    return bytes
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || (0x09...0x0D).contains(byte)
  }

  /// Parses a response head.
  ///
  /// - Parameter block: the bytes before the empty line.
  /// - Returns: nil if `block` is not an HTTP response head.
  package init?(block: some Sequence<UInt8>) {
    var lines = Self.lines(Array(block))[...]
    guard let statusLine = lines.popFirst() else { return nil }
    let parts = statusLine.split(
      separator: UInt8(ascii: " "), maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count >= 2, parts[0].starts(with: "HTTP/1.".utf8), parts[1].count == 3 else { return nil }
    var code = 0
    for digit in parts[1] {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
      code = code * 10 + Int(digit - UInt8(ascii: "0"))
    }
    guard code >= 100 else { return nil }
    status = code
    let phrase = parts.count > 2 ? parts[2] : []
    reason = String(decoding: phrase.filter { (0x20..<0x7F).contains($0) }.prefix(80), as: UTF8.self)
    var fields: [(name: [UInt8], value: [UInt8])] = []
    for line in lines {
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon != line.startIndex else { return nil }
      fields.append((line[..<colon].map { $0.asciiLowercased }, Array(Self.trimmed(line[(colon + 1)...]))))
    }
    self.fields = fields
  }

  /// Splits bytes at each CR LF.
  private static func lines(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
    var lines: [ArraySlice<UInt8>] = []
    var start = 0
    var index = 0
    while index + 1 < bytes.count {
      if bytes[index] == 0x0D, bytes[index + 1] == 0x0A {
        lines.append(bytes[start..<index])
        index += 2
        start = index
      } else {
        index += 1
      }
    }
    lines.append(bytes[start...])
    return lines
  }
}

/// An incremental parser of an HTTP response head.
package struct HTTPResponseHeadParser: Sendable {
  /// The maximum size of a head in bytes.
  package static let maximumSize = 16 * 1024

  package enum Failure: Error, Equatable {
    case tooLarge
    case malformed
  }

  private var gathered: [UInt8] = []
  /// The number of bytes that have been searched for the end of the head.
  private var searched = 0

  package init() {}

  /// Appends received bytes.
  ///
  /// - Returns: nil while the head is incomplete, otherwise the head and the bytes after it.
  package mutating func take(
    _ bytes: some Sequence<UInt8>
  ) throws(Failure) -> (head: HTTPResponseHead, rest: [UInt8])? {
    gathered.append(contentsOf: bytes)
    // A peer with another protocol may never send an empty line.
    let version: StaticString = "HTTP/1."
    for index in 0..<min(gathered.count, version.utf8CodeUnitCount)
    where gathered[index] != version.utf8Start[index] {
      throw .malformed
    }
    guard let end = endOfHead() else {
      if gathered.count > Self.maximumSize { throw .tooLarge }
      searched = max(0, gathered.count - 3)
      return nil
    }
    guard end <= Self.maximumSize else { throw .tooLarge }
    guard let head = HTTPResponseHead(block: gathered[..<end]) else { throw .malformed }
    let rest = Array(gathered[(end + 4)...])
    gathered = []
    return (head, rest)
  }

  private func endOfHead() -> Int? {
    var index = searched
    while index + 3 < gathered.count {
      if gathered[index] == 0x0D, gathered[index + 1] == 0x0A, gathered[index + 2] == 0x0D,
        gathered[index + 3] == 0x0A
      {
        return index
      }
      index += 1
    }
    return nil
  }
}
