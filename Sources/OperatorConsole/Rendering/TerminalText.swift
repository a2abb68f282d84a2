/// Makes text from the network safe to show: an agent is not trusted with the operator's terminal.
///
/// What a terminal would obey, or what would make text look like other text (control characters of both sets, line and
/// paragraph separators, marks that change the direction of writing), is shown as `\u{1B}` and the like.
enum TerminalText {
  /// One line: also line feeds and tabs are shown.
  static func line(_ text: String) -> String {
    escape(text) { _ in false }
  }

  /// Lines: line feeds and tabs stay.
  static func block(_ text: String) -> String {
    escape(text) { $0 == "\n" || $0 == "\t" }
  }

  /// Whether a character must not reach a terminal.
  static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F...0x9F, 0x061C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF,
      0xFFF9...0xFFFB, 0xE0000...0xE007F:
      true
    default: false
    }
  }

  private static func escape(_ text: String, except isKept: (Unicode.Scalar) -> Bool) -> String {
    guard text.unicodeScalars.contains(where: { isUnsafe($0) && !isKept($0) }) else { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if isUnsafe(scalar), !isKept(scalar) {
        result.append(contentsOf: name(of: scalar).unicodeScalars)
      } else {
        result.append(scalar)
      }
    }
    return String(result)
  }

  private static func name(of scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\n": "\\n"
    case "\r": "\\r"
    case "\t": "\\t"
    default: "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
    }
  }
}
