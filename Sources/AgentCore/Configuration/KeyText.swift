/// Forms of keys and values that are safe in messages, and suggestions for misspelt keys.
enum KeyText {
  /// A printable form of a key: at most 64 scalars, control characters replaced, cut at the first colon. Without the blank
  /// after the colon, YAML reads `api_key:secret` as one key.
  static func printable(_ key: String) -> String {
    var text = ""
    for scalar in key.unicodeScalars.prefix(64) {
      if scalar == ":" { return text + ":…" }
      text.unicodeScalars.append(scalar.value < 0x20 || scalar.value == 0x7F ? "?" : scalar)
    }
    return key.unicodeScalars.count > 64 ? text + "…" : text
  }

  /// A value in quotation marks: at most 48 scalars, control characters replaced. Not for secrets.
  static func quoted(_ value: String) -> String {
    var text = ""
    for scalar in value.unicodeScalars.prefix(48) {
      text.unicodeScalars.append(scalar.value < 0x20 || scalar.value == 0x7F ? "?" : scalar)
    }
    return value.unicodeScalars.count > 48 ? "\"\(text)…\"" : "\"\(text)\""
  }

  /// The candidate that a misspelt word most likely means; nil when none is similar enough.
  static func nearest(to word: String, among candidates: [String]) -> String? {
    let lowered = word.lowercased()
    let leaf = lowered.split(separator: ".").last.map(String.init) ?? lowered
    var best: (candidate: String, distance: Int)?
    for candidate in candidates {
      let distance = distance(lowered, candidate)
      if distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    if let best, best.distance <= max(1, min(4, lowered.utf8.count / 4)) { return best.candidate }
    // The right name in the wrong section.
    return candidates.first { $0.split(separator: ".").last.map(String.init) == leaf }
  }

  /// The optimal string alignment distance: insertions, deletions, substitutions and transpositions between two words, by
  /// bytes.
  static func distance(_ first: String, _ second: String) -> Int {
    let a = Array(first.utf8.prefix(64))
    let b = Array(second.utf8.prefix(64))
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in 0..<a.count {
      var row = [i + 1]
      row.reserveCapacity(b.count + 1)
      for j in 0..<b.count {
        var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforeLast[j - 1] + 1) }
        row.append(cost)
      }
      beforeLast = last
      last = row
    }
    return last[b.count]
  }
}
