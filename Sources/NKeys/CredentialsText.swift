/// The blocks of text between lines such as `-----BEGIN NATS USER JWT-----` and `------END NATS USER JWT------`.
struct CredentialsText {
  private let blocks: [(label: String, content: String)]

  init(_ text: String) {
    var blocks: [(label: String, content: String)] = []
    var open: (label: String, content: String)?
    for line in text.split(whereSeparator: \.isNewline) {
      let line = Self.trim(String(line))
      if line.hasPrefix("---"), line.hasSuffix("---") {
        let label = Self.trim(line.split(separator: "-").joined(separator: "-"))
        if label.hasPrefix("BEGIN ") {
          open = (String(label.dropFirst(6)), "")
        } else if label.hasPrefix("END ") {
          if let open { blocks.append(open) }
          open = nil
        }
      } else if open != nil {
        open?.content += line
      }
    }
    self.blocks = blocks
  }

  /// The content of the first block whose label has a suffix.
  func block(labelled suffix: String) -> String? {
    blocks.first { $0.label.hasSuffix(suffix) }?.content
  }

  static func trim(_ text: String) -> String {
    var trimmed = Substring(text)
    while let first = trimmed.first, first.isWhitespace { trimmed = trimmed.dropFirst() }
    while let last = trimmed.last, last.isWhitespace { trimmed = trimmed.dropLast() }
    return String(trimmed)
  }
}
