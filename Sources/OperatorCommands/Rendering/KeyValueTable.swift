/// A two-column list of names and values.
struct KeyValueTable {
  private let palette: Palette
  private var rows: [(String, String, Palette.Tone?)] = []

  init(_ palette: Palette) { self.palette = palette }

  /// Appends a row, unless the value is nil or empty.
  mutating func add(_ name: String, _ value: String?, _ tone: Palette.Tone? = nil) {
    guard let value, !value.isEmpty else { return }
    rows.append((TerminalText.line(name), TerminalText.line(value), tone))
  }

  /// The lines.
  var lines: [String] {
    let width = rows.reduce(0) { max($0, DisplayWidth.of($1.0)) }
    return rows.map { name, value, tone in
      let padding = String(repeating: " ", count: width - DisplayWidth.of(name) + 2)
      return palette.paint(name, .faint) + padding + palette.paint(value, tone)
    }
  }
}
