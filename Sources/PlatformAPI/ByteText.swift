import Encoding

extension StringProtocol {
  /// Whether the text begins with these UTF-8 bytes. `hasPrefix` also accepts canonical equivalents, and rejects a
  /// prefix that ends within a character, such as a slash before a combining accent.
  package func hasBytePrefix(_ prefix: some StringProtocol) -> Bool {
    utf8.starts(with: prefix.utf8)
  }

  /// The text with ASCII letters in lower case. `lowercased()` also maps U+212A KELVIN SIGN to "k".
  package var asciiLowercased: String {
    String(
      decoding: utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
  }

  /// The parts between separators, which are found as bytes.
  package func bytesSplit(by separator: Unicode.Scalar) -> [String] {
    utf8.split(separator: UInt8(ascii: separator)).map { String(decoding: $0, as: UTF8.self) }
  }
}
