extension String {
  /// The lines that are not empty, separated by line feeds. `split(separator:)` takes CRLF as one character, which separates nothing.
  var lines: [Substring] {
    utf8.split(separator: UInt8(ascii: "\n")).map { line in
      Substring(line.last == UInt8(ascii: "\r") ? line.dropLast() : line)
    }
  }

  /// Whether it contains the bytes of `text`. `contains(_:)` of the standard library links the regular-expression engine.
  func isContaining(_ text: String) -> Bool {
    let wanted = Array(text.utf8)
    guard let first = wanted.first else { return true }
    var rest = utf8[...]
    while let start = rest.firstIndex(of: first) {
      rest = rest[start...]
      if rest.starts(with: wanted) { return true }
      rest = rest.dropFirst()
    }
    return false
  }
}
