/// Makes text from the network safe to show: an agent is not trusted with the operator's terminal.
///
/// What a terminal would obey, or what would make text look like other text (control characters of both sets, line and
/// paragraph separators, marks that change the direction of writing, invisible characters), is shown as `\u{1B}` and the like.
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
    if scalar.value < 0x7F { return scalar.value < 0x20 }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse: return true
    default: return scalar.properties.isDefaultIgnorableCodePoint
    }
  }

  /// Finished lines as they may be written: line feeds, tabs and the colours of ``Palette`` stay, whatever else a terminal would
  /// obey is shown. ``Console/print(_:to:)`` passes everything through it, so that a forgotten ``line(_:)`` shows no more than a
  /// colour.
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
