/// A line of parts in tones, which can be cut off at a width.
struct StyledLine: Sendable {
  private var parts: [(text: String, tone: Palette.Tone?)] = []

  /// Appends a part, made safe.
  mutating func add(_ text: String, _ tone: Palette.Tone? = nil) {
    parts.append((TerminalText.line(text), tone))
  }

  /// Appends a part that takes `width` columns: cut off, or filled up with spaces on one side.
  mutating func add(_ text: String, width: Int, isRight: Bool = false, _ tone: Palette.Tone? = nil) {
    let fitting = DisplayWidth.fit(TerminalText.line(text), into: width)
    let padding = String(repeating: " ", count: max(0, width - DisplayWidth.of(fitting)))
    parts.append((isRight ? padding + fitting : fitting + padding, tone))
  }

  /// The line, no wider than `width`.
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
