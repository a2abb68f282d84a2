/// Aligned columns that fit the width of the terminal.
///
/// If the width does not suffice, cells are truncated and columns dropped according to ``Column/shrinking``. Key columns are never
/// dropped: they are truncated last, to no less than their minimum width, after all other columns were dropped from right to left.
/// The first column is the key column if none is marked.
struct Table: Sendable {
  /// How a column shrinks if the table is too wide.
  enum Shrinking: Sendable, Hashable {
    /// The column keeps its width.
    case never
    /// Cells are truncated to a prefix of this length, such as a uuid to an unambiguous prefix.
    case prefix(Int)
    /// The column is dropped; the highest number first.
    case dropped(Int)
    /// Cells are truncated, to no less than this width.
    case cut(Int)
    /// Cells are truncated to the first width before any column is dropped, and to `least` after that.
    case cutEarly(Int, least: Int)

    fileprivate var least: Int? {
      switch self {
      case .cut(let least), .cutEarly(_, let least): least
      case .never, .prefix, .dropped: nil
      }
    }
  }

  struct Column: Sendable {
    var title: String
    var isRight = false
    var shrinking = Shrinking.never
    /// Whether a row is useless without this column.
    var isKey = false

    init(_ title: String, isRight: Bool = false, _ shrinking: Shrinking = .never, isKey: Bool = false) {
      self.title = title
      self.isRight = isRight
      self.shrinking = shrinking
      self.isKey = isKey
    }
  }

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

  init(_ columns: [Column]) {
    self.columns = columns
    if !columns.contains(where: \.isKey), !columns.isEmpty { self.columns[0].isKey = true }
  }

  /// Appends a row with one cell per column.
  mutating func add(_ cells: Cell...) { rows.append(cells) }

  /// The lines, starting with the titles.
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
    for index in columns.indices {
      guard case .cutEarly(let first, _) = columns[index].shrinking else { continue }
      cut(index, to: first)
    }
    while total() > width {
      let droppable = columns.indices.compactMap { index -> (Int, Int)? in
        if case .dropped(let rank) = columns[index].shrinking { (rank, index) } else { nil }
      }
      guard let (_, index) = droppable.max(by: { $0.0 < $1.0 }) else { break }
      drop(index)
    }
    for isKey in [false, true] {
      for index in columns.indices.reversed() where columns[index].isKey == isKey {
        if let least = columns[index].shrinking.least { cut(index, to: least) }
      }
    }
    while total() > width, let index = columns.indices.last(where: { !columns[$0].isKey }) { drop(index) }

    /// Truncates a column by the excess width, to no less than `least`.
    func cut(_ index: Int, to least: Int) {
      let excess = total() - width
      guard excess > 0 else { return }
      let goal = max(least, widths(columns, rows)[index] - excess)
      for row in rows.indices { rows[row][index].text = DisplayWidth.fit(rows[row][index].text, into: goal) }
      columns[index].title = DisplayWidth.fit(columns[index].title, into: goal)
    }

    func drop(_ index: Int) {
      columns.remove(at: index)
      for row in rows.indices { rows[row].remove(at: index) }
    }
  }
}
