/// Whether dpkg was interrupted, and the machine has packages that are half there.
enum DpkgCondition {
  /// Where dpkg keeps what it has done and not yet entered in its `status`.
  static let journal = "/var/lib/dpkg/updates"

  /// Whether `dpkg --configure -a` has something to do.
  ///
  /// - Parameters:
  ///   - journal: The names in ``journal``: those of digits only are entries (apt looks for the same).
  ///   - audit: What `dpkg --audit` printed: nothing, when all is well.
  static func needsRepair(journal: [String], audit: String) -> Bool {
    journal.contains { !$0.isEmpty && $0.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains) }
      || audit.contains { !$0.isWhitespace }
  }
}
