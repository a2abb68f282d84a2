/// Rules for operator names: 1 to 32 small letters, digits, `-` and `_`, beginning with a letter.
///
/// The name is the user name of the operator's connections and a token of its subjects.
public enum OperatorName {
  /// Whether `text` is a valid name.
  public static func isValid(_ text: String) -> Bool {
    let bytes = text.utf8
    guard let first = bytes.first, bytes.count <= 32, (0x61...0x7a).contains(first) else { return false }
    return bytes.allSatisfy {
      (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-")
        || $0 == UInt8(ascii: "_")
    }
  }
}
