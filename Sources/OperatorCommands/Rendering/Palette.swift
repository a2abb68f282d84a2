/// Terminal colours.
struct Palette: Sendable {
  /// The meaning of a text. The raw value is the parameter of the SGR control sequence.
  enum Tone: String, Sendable, CaseIterable {
    case good = "32"
    case warning = "33"
    case bad = "31"
    case faint = "2"
    case strong = "1"
    case accent = "36"
  }

  /// Whether colours are written.
  let isOn: Bool

  private static let end = "\u{1B}[0m"

  /// The control sequences that ``paint(_:_:)`` writes.
  static let sequences = (Tone.allCases.map { start(of: $0) } + [end]).map { Array($0.unicodeScalars) }

  private static func start(of tone: Tone) -> String { "\u{1B}[\(tone.rawValue)m" }

  /// Colours a text, which must be escaped already.
  func paint(_ text: String, _ tone: Tone?) -> String {
    guard isOn, let tone, !text.isEmpty else { return text }
    return Self.start(of: tone) + text + Self.end
  }
}
