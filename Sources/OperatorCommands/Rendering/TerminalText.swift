/// Escapes text from the network, because agents must not control the operator's terminal.
///
/// Characters that control a terminal or disguise text (C0 and C1 control characters, line and paragraph separators,
/// bidirectional controls, invisible characters) are replaced by escapes such as `\u{1B}`.
enum TerminalText {
  /// Escapes a single line, including line feeds and tabs.
  static func line(_ text: String) -> String {
    escape(text) { _ in false }
  }

  /// Escapes several lines. Line feeds and tabs are kept.
  static func block(_ text: String) -> String {
    escape(text) { $0 == "\n" || $0 == "\t" }
  }

  /// Whether a scalar must not be written to a terminal.
  static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.value < 0x7F { return scalar.value < 0x20 }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse: return true
    default: return scalar.properties.isDefaultIgnorableCodePoint
    }
  }

  /// Escapes rendered lines. Line feeds, tabs and the colours of ``Palette`` are kept. ``Console/print(_:to:)`` applies it to all
  /// output, so that text that was not escaped with ``line(_:)`` can at most change colours.
  static func printed(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: { isUnsafe($0) && $0 != "\n" && $0 != "\t" }) else {
      return text
    }
    var result = ""
    var rest = text.unicodeScalars[...]
    while let scalar = rest.first {
      if let sequence = Palette.sequences.first(where: { rest.starts(with: $0) }) {
        result.unicodeScalars.append(contentsOf: sequence)
        rest = rest.dropFirst(sequence.count)
        continue
      }
      rest = rest.dropFirst()
      if isUnsafe(scalar), scalar != "\n", scalar != "\t" {
        result += name(of: scalar)
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
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
