extension String {
  /// The text of an agent, safe to store and to show: at most `limit` bytes of whole scalars. Control characters and invisible
  /// ones become U+FFFD (``SafeText``).
  func bounded(_ limit: Int) -> String {
    let isPlain = utf8.count <= limit && utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }
    if isPlain { return self }
    var result = String.UnicodeScalarView()
    var size = 0
    for scalar in unicodeScalars {
      let shown = SafeText.isPrintable(scalar) ? scalar : "\u{FFFD}"
      size += UTF8.width(shown)
      if size > limit { break }
      result.append(shown)
    }
    return String(result)
  }
}
