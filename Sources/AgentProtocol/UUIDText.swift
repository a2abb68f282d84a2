import Encoding

/// The text forms of UUIDs (RFC 9562, section 4).
public enum UUIDText {
  /// The canonical form: 36 characters, in lower case. Input is accepted in either case.
  ///
  /// - Returns: nil when `text` is not a UUID of 36 characters.
  public static func canonical(_ text: String) -> String? {
    guard text.utf8.count == 36 else { return nil }
    for (index, byte) in text.utf8.enumerated() {
      switch byte {
      case UInt8(ascii: "-"):
        guard index == 8 || index == 13 || index == 18 || index == 23 else { return nil }
      case 0x30...0x39, 0x41...0x46, 0x61...0x66:
        guard index != 8, index != 13, index != 18, index != 23 else { return nil }
      default: return nil
      }
    }
    return text.asciiLowercased
  }

  /// The canonical form of a UUID in another common form: in braces, as a URN, without hyphens. For error messages; these forms are not
  /// accepted as input.
  ///
  /// - Returns: nil when `text` is no such form, or is accepted as it is.
  public static func suggestion(for text: String) -> String? {
    guard canonical(text) == nil, text.utf8.count <= 64 else { return nil }
    var rest = text.utf8.map { $0.asciiLowercased }[...]
    if rest.starts(with: "urn:uuid:".utf8) { rest = rest.dropFirst(9) }
    if rest.first == UInt8(ascii: "{"), rest.last == UInt8(ascii: "}") { rest = rest.dropFirst().dropLast() }
    let digits = rest.filter { $0 != UInt8(ascii: "-") }
    guard digits.count == 32 else { return nil }
    var uuid: [UInt8] = []
    for (index, digit) in digits.enumerated() {
      if index == 8 || index == 12 || index == 16 || index == 20 { uuid.append(UInt8(ascii: "-")) }
      uuid.append(digit)
    }
    return canonical(String(decoding: uuid, as: UTF8.self))
  }
}
