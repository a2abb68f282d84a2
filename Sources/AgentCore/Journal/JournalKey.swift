/// What a command id is known by: half of its SHA-256, which takes less memory than the id and is as good.
struct JournalKey: Sendable, Hashable {
  /// The first and the second eight bytes.
  let words: (UInt64, UInt64)

  /// The key of an id.
  init(_ id: String) {
    let digest = SHA256.digest(of: Array(id.utf8))
    words = (
      UInt64(digest[0]) << 32 | UInt64(digest[1]), UInt64(digest[2]) << 32 | UInt64(digest[3])
    )
  }

  /// A key that was written down.
  init(words: (UInt64, UInt64)) {
    self.words = words
  }

  /// Both words are the same.
  static func == (first: JournalKey, second: JournalKey) -> Bool { first.words == second.words }

  /// Any part of it is as random as a hash.
  func hash(into hasher: inout Hasher) {
    hasher.combine(words.0)
  }
}
