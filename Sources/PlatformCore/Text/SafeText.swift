import Encoding
import StructuredLogging

/// Escapes untrusted text for messages and lists.
public enum SafeText {
  /// The beginning of `text` in quotation marks, escaped.
  static func quoted(_ text: String) -> String { "\"" + escaped(text.prefix(bytes: 64), limit: 512) + "\"" }

  /// The text on one line for a terminal. Unprintable scalars are written as `\u{1B}` and the like.
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

  /// The text in printable ASCII. Other scalars, backslashes and quotation marks are written as `\u{1B}` and the like.
  ///
  /// - Parameter limit: The maximum size of the result in bytes. Escapes are never cut.
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

  /// Whether a text has no control characters, line separators or unassigned scalars, and is safe for terminals and log lines.
  static func isPrintable(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { isPrintable($0) && $0.properties.generalCategory != .unassigned }
  }

  /// Whether a scalar is visible, not a control character, and does not change the text direction.
  static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    scalar.isPrintable
  }
}

extension String {
  /// The text of an agent, safe to store and to show: at most `limit` bytes of whole scalars. Control characters and invisible
  /// ones become U+FFFD (``SafeText``).
  func bounded(_ limit: Int) -> String {
    let isPlain = utf8.count <= limit && utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }
    if isPlain { return self }
    var result = String.UnicodeScalarView()
    var size = 0
    for scalar in unicodeScalars {
      let shown = SafeText.isPrintable(scalar) ? scalar : "\u{FFFD}"
      size += UTF8.width(shown)
      if size > limit { break }
      result.append(shown)
    }
    return String(result)
  }
}
