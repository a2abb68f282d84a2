import Encoding

/// The key of a command id: the first half of its SHA-256, which takes less memory than the id.
///
/// It is computed from the UTF-8 bytes, so ids that are merely canonically equivalent have different keys.
struct JournalKey: Sendable, Hashable {
  /// The first and the second eight bytes, big-endian.
  let words: (UInt64, UInt64)

  /// Creates the key of an id.
  init(_ id: String) {
    let digest = SHA256.digest(of: Array(id.utf8))
    words = (
      UInt64(digest[0]) << 32 | UInt64(digest[1]), UInt64(digest[2]) << 32 | UInt64(digest[3])
    )
  }

  /// Creates a key from its stored form.
  init(words: (UInt64, UInt64)) {
    self.words = words
  }

  /// Compares both words.
  static func == (first: JournalKey, second: JournalKey) -> Bool { first.words == second.words }

  /// Hashes the first word; a digest is uniformly distributed.
  func hash(into hasher: inout Hasher) {
    hasher.combine(words.0)
  }
}
