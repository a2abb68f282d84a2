import Encoding

/// The upgrades that `apt-get upgrade` did not install, parsed from a simulation of the next one (`--simulate`). No I/O.
struct RemainingUpgrades: Sendable, Equatable {
  /// Packages with a newer version that was not installed: held (apt-mark(8)), with unmet dependencies, or not downloaded. Sorted
  /// by name, at most ``countLimit``.
  let keptBack: [String]
  /// Packages whose new version is phased, and not yet offered to this machine. Sorted by name, at most ``countLimit``.
  let deferred: [String]

  /// The most names in each list.
  static let countLimit = 500

  private static let keptBackTitle = "The following packages have been kept back:"
  private static let deferredTitle = "The following upgrades have been deferred due to phasing:"

  /// Parses the output of a simulation in the C locale: indented lists of names under titles, and `Inst` lines.
  init(_ simulation: String) {
    var keptBack: Set<ExactString> = []
    var deferred: Set<ExactString> = []
    var title: Substring = ""
    for line in simulation.lines {
      let words = line.split(separator: " ")
      if line.hasPrefix("  ") {
        if title == Self.keptBackTitle { keptBack.formUnion(words.map { ExactString($0) }) }
        if title == Self.deferredTitle { deferred.formUnion(words.map { ExactString($0) }) }
        continue
      }
      title = line
      // Inst NAME [INSTALLED VERSION] (NEW VERSION …). A new package has no brackets.
      if words.count > 2, words[0] == "Inst", words[2].hasPrefix("[") {
        keptBack.insert(ExactString(words[1]))
      }
    }
    self.keptBack = keptBack.sorted().prefix(Self.countLimit).map(\.text)
    self.deferred = deferred.sorted().prefix(Self.countLimit).map(\.text)
  }
}
