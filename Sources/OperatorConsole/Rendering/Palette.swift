/// Colours of a terminal.
struct Palette: Sendable {
  /// What a text is.
  enum Tone: String, Sendable {
    case good = "32"
    case warning = "33"
    case bad = "31"
    case faint = "2"
    case strong = "1"
    case accent = "36"
  }

  /// Whether there are any.
  let isOn: Bool

  /// A text in a tone. The text is safe already.
  func paint(_ text: String, _ tone: Tone?) -> String {
    guard isOn, let tone, !text.isEmpty else { return text }
    return "\u{1B}[\(tone.rawValue)m\(text)\u{1B}[0m"
  }
}
