extension UInt8 {
  /// The lower-case form of an ASCII letter; any other byte unchanged.
  @inlinable
  public var asciiLowercased: UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self
  }
}

extension StringProtocol {
  /// The text with its ASCII letters in lower case and everything else unchanged.
  @inlinable
  public var asciiLowercased: String {
    String(decoding: utf8.map { $0.asciiLowercased }, as: UTF8.self)
  }

  /// Whether both consist of the same UTF-8 bytes, apart from the case of ASCII letters.
  @inlinable
  public func hasSameBytesIgnoringASCIICase(as other: some StringProtocol) -> Bool {
    utf8.elementsEqual(other.utf8) { $0.asciiLowercased == $1.asciiLowercased }
  }

  /// Whether the text begins with these UTF-8 bytes. `hasPrefix` also accepts canonical equivalents, and rejects a prefix that ends
  /// within a character, such as a slash before a combining accent.
  @inlinable
  public func hasBytePrefix(_ prefix: some StringProtocol) -> Bool {
    utf8.starts(with: prefix.utf8)
  }

  /// The parts between separators, which are found as bytes; `separator` is an ASCII character.
  @inlinable
  public func bytesSplit(by separator: Unicode.Scalar) -> [String] {
    utf8.split(separator: UInt8(ascii: separator)).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The longest prefix of whole scalars in at most `count` bytes. `prefix(_:)` is no bound, as a `Character` has no maximum size.
  public func prefix(bytes count: Int) -> String {
    let bytes = Array(utf8.prefix(Swift.max(count, 0) + 1))
    guard bytes.count > count else { return String(self) }
    var end = Swift.max(count, 0)
    while end > 0, bytes[end] & 0xC0 == 0x80 { end -= 1 }
    return String(decoding: bytes[..<end], as: UTF8.self)
  }
}
