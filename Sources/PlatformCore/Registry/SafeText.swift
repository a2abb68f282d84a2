/// Text of others, for messages and lists.
public enum SafeText {
  /// The beginning of `text` in quotation marks, escaped.
  static func quoted(_ text: String) -> String { "\"" + escaped(String(text.prefix(64)), limit: 512) + "\"" }

  /// Text on one line for a terminal: what is not printable is written as `\u{1B}` and the like.
  public static func line(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      if isPrintable(scalar) {
        result.unicodeScalars.append(scalar)
      } else {
        result += scalar == "\n" ? "\\n" : "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
      }
    }
    return result
  }

  /// Printable ASCII: any other character, backslash and quotation mark are written as `\u{1B}` and the like.
  ///
  /// - Parameter limit: the most bytes of the result, which holds whole escapes only.
  static func escaped(_ text: String, limit: Int) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      let isPlain = (0x20..<0x7F).contains(scalar.value) && scalar != "\\" && scalar != "\""
      let part = isPlain ? String(scalar) : "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
      if result.utf8.count + part.utf8.count > limit { break }
      result += part
    }
    return result
  }

  /// Whether it has no control characters, line ends and such: nothing that changes a terminal or a line of a log.
  static func isPrintable(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { isPrintable($0) && $0.properties.generalCategory != .unassigned }
  }

  /// Whether a character is neither a control character nor invisible, and does not change the direction of writing.
  static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.value < 0x7F { return scalar.value >= 0x20 }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse: return false
    default: return !scalar.properties.isDefaultIgnorableCodePoint
    }
  }
}
