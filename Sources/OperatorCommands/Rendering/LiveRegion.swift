/// Lines at the bottom of a terminal that are redrawn in place.
struct LiveRegion {
  private let console: Console
  private let stream: Console.Stream
  private var drawn = 0

  init(_ console: Console, _ stream: Console.Stream) {
    self.console = console
    self.stream = stream
  }

  /// Replaces the previous lines. Lines that do not fit the terminal are dropped.
  mutating func draw(_ lines: [StyledLine], _ palette: Palette) {
    guard let size = console.terminal(stream) else { return }
    let shown = lines.prefix(max(size.rows - 1, 1))
    var text = drawn > 0 ? "\u{1B}[\(drawn)A" : ""
    for line in shown { text += "\r\u{1B}[2K" + line.text(palette, width: size.columns - 1) + "\n" }
    text += "\u{1B}[J"
    drawn = shown.count
    console.write(stream, Array(text.utf8))
  }

  /// Removes the lines, so that other output can be printed.
  mutating func clear() {
    guard drawn > 0 else { return }
    console.write(stream, Array("\u{1B}[\(drawn)A\r\u{1B}[J".utf8))
    drawn = 0
  }
}

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
