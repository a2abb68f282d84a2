/// The text form of a uuid.
public enum UUIDText {
  /// The canonical form of a UUID, as records, subjects and user names have it: 36 characters, in lower case. RFC 9562,
  /// section 4, has it written in lower case and read without regard to case.
  ///
  /// - Returns: nil when `text` is not written as a UUID is.
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
    return text.lowercased()
  }

  /// The canonical form of a UUID that is written in another of the usual ways: in braces, as a URN, without hyphens. For
  /// messages only: nothing accepts those forms.
  ///
  /// - Returns: nil when `text` is no such form, or is written as a UUID is.
  public static func suggestion(for text: String) -> String? {
    guard canonical(text) == nil, text.utf8.count <= 64 else { return nil }
    var rest = text.lowercased()[...]
    if rest.hasPrefix("urn:uuid:") { rest = rest.dropFirst(9) }
    if rest.hasPrefix("{"), rest.hasSuffix("}") { rest = rest.dropFirst().dropLast() }
    let digits = rest.filter { $0 != "-" }
    guard digits.utf8.count == 32 else { return nil }
    var uuid = ""
    for (index, digit) in digits.enumerated() {
      if [8, 12, 16, 20].contains(index) { uuid.append("-") }
      uuid.append(digit)
    }
    return canonical(uuid)
  }
}
