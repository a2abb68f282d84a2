/// Whether dpkg was interrupted and has left packages partly installed.
enum DpkgCondition {
  /// The folder of changes that dpkg has not yet merged into its `status` file.
  static let journal = "/var/lib/dpkg/updates"

  /// Whether `dpkg --configure -a` is needed.
  ///
  /// - Parameters:
  ///   - journal: The file names in ``journal``. Those of digits only are entries, as for apt.
  ///   - audit: The output of `dpkg --audit`, which is empty when all packages are installed.
  static func needsRepair(journal: [String], audit: String) -> Bool {
    journal.contains { !$0.isEmpty && $0.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains) }
      || audit.contains { !$0.isWhitespace }
  }
}
