/// Suggestions for misspelt names.
enum NearestName {
  /// Returns the nearest candidate if at most a quarter of the letters differ, and at most four. Else the one with
  /// the same last part, which then is in the wrong section.
  static func of(_ name: String, among candidates: [String]) -> String? {
    let name = name.lowercased()
    let nearest = candidates.map { ($0, distance(name, $0)) }.min { $0.1 < $1.1 }
    if let nearest, nearest.1 <= max(1, min(4, name.utf8.count / 4)) { return nearest.0 }
    let last = name.split(separator: ".").last
    return candidates.first { $0.split(separator: ".").last == last }
  }

  /// The number of insertions, deletions, substitutions and swaps of neighbours between two names (optimal string
  /// alignment).
  static func distance(_ first: String, _ second: String) -> Int {
    let a = Array(first.utf8.prefix(64))
    let b = Array(second.utf8.prefix(64))
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in a.indices {
      var row = [i + 1]
      for j in b.indices {
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
