/// Percent-encoding (RFC 3986, section 2.1).
public enum PercentEncoding {
  /// Replaces each `%` and two hexadecimal digits with the byte that they stand for.
  ///
  /// - Returns: nil when a `%` is not followed by two hexadecimal digits.
  public static func decode(_ text: some StringProtocol) -> [UInt8]? {
    var bytes: [UInt8] = []
    var iterator = text.utf8.makeIterator()
    while let byte = iterator.next() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let high = iterator.next(), let high = Hexadecimal.value(of: high), let low = iterator.next(),
        let low = Hexadecimal.value(of: low)
      else { return nil }
      bytes.append(high << 4 | low)
    }
    return bytes
  }
}
