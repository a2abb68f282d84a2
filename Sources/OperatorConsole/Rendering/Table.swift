/// Lines in columns, aligned, no wider than the terminal where there is one.
struct Table: Sendable {
  /// What a column does when there is no room.
  enum Shrinking: Sendable, Hashable {
    /// It stays.
    case never
    /// Only so many characters of each cell are shown: enough of a uuid to name it.
    case prefix(Int)
    /// It is left out; the higher number first.
    case dropped(Int)
    /// Its cells are cut off, down to this width.
    case cut(Int)
  }

  /// A column.
  struct Column: Sendable {
    var title: String
    var isRight = false
    var shrinking = Shrinking.never

    init(_ title: String, isRight: Bool = false, _ shrinking: Shrinking = .never) {
      self.title = title
      self.isRight = isRight
      self.shrinking = shrinking
    }
  }

  /// A cell.
  struct Cell: Sendable, ExpressibleByStringInterpolation {
    var text: String
    var tone: Palette.Tone?

    init(_ text: String?, _ tone: Palette.Tone? = nil) {
      self.text = TerminalText.line(text ?? "-")
      self.tone = tone
    }

    init(stringLiteral value: String) { self.init(value) }
  }

  private var columns: [Column]
  private var rows: [[Cell]] = []

  init(_ columns: [Column]) { self.columns = columns }

  /// Appends a line; it has a cell for each column.
  mutating func add(_ cells: Cell...) { rows.append(cells) }

  /// The lines, the titles first.
  func lines(width: Int?, palette: Palette) -> [String] {
    var columns = columns
    var rows = rows
    if let width { Self.shrink(&columns, &rows, to: width) }
    let widths = Self.widths(columns, rows)
    func line(_ cells: [Cell]) -> String {
      var text = ""
      for (index, cell) in cells.enumerated() {
        let padding = String(repeating: " ", count: max(0, widths[index] - DisplayWidth.of(cell.text)))
        let painted = palette.paint(cell.text, cell.tone)
        if index > 0 { text += "  " }
        if columns[index].isRight {
          text += padding + painted
        } else {
          text += painted + (index == cells.count - 1 ? "" : padding)
        }
      }
      return text
    }
    return [line(columns.map { Cell($0.title, .faint) })] + rows.map(line)
  }

  private static func widths(_ columns: [Column], _ rows: [[Cell]]) -> [Int] {
    columns.indices.map { index in
      rows.reduce(DisplayWidth.of(columns[index].title)) { max($0, DisplayWidth.of($1[index].text)) }
    }
  }

  private static func shrink(_ columns: inout [Column], _ rows: inout [[Cell]], to width: Int) {
    func total() -> Int { widths(columns, rows).reduce(0, +) + 2 * (columns.count - 1) }
    for index in columns.indices where total() > width {
      guard case .prefix(let count) = columns[index].shrinking else { continue }
      for row in rows.indices { rows[row][index].text = String(rows[row][index].text.prefix(count)) }
    }
    while total() > width {
      let droppable = columns.indices.compactMap { index -> (Int, Int)? in
        if case .dropped(let rank) = columns[index].shrinking { (rank, index) } else { nil }
      }
      guard let (_, index) = droppable.max(by: { $0.0 < $1.0 }) else { break }
      columns.remove(at: index)
      for row in rows.indices { rows[row].remove(at: index) }
    }
    for index in columns.indices.reversed() {
      let excess = total() - width
      guard excess > 0 else { return }
      guard case .cut(let least) = columns[index].shrinking else { continue }
      let now = widths(columns, rows)[index]
      let goal = max(least, now - excess)
      for row in rows.indices { rows[row][index].text = DisplayWidth.fit(rows[row][index].text, into: goal) }
      columns[index].title = DisplayWidth.fit(columns[index].title, into: goal)
    }
  }
}
