/// A line of coloured parts that can be truncated to a width.
struct StyledLine: Sendable {
  private var parts: [(text: String, tone: Palette.Tone?)] = []

  /// Appends a part, escaped.
  mutating func add(_ text: String, _ tone: Palette.Tone? = nil) {
    parts.append((TerminalText.line(text), tone))
  }

  /// Appends a part that is truncated or padded to `width` columns.
  mutating func add(_ text: String, width: Int, isRight: Bool = false, _ tone: Palette.Tone? = nil) {
    let fitting = DisplayWidth.fit(TerminalText.line(text), into: width)
    let padding = String(repeating: " ", count: max(0, width - DisplayWidth.of(fitting)))
    parts.append((isRight ? padding + fitting : fitting + padding, tone))
  }

  /// The line, truncated to `width` columns.
  func text(_ palette: Palette, width: Int) -> String {
    var left = width
    var result = ""
    for part in parts where left > 0 {
      let fitting = DisplayWidth.fit(part.text, into: left)
      left -= DisplayWidth.of(fitting)
      result += palette.paint(fitting, part.tone)
    }
    return result
  }
}
