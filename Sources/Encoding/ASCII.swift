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
}
