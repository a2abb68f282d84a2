/// Tracks whether a watch has returned all values that existed at its start.
struct WatchProgress: Hashable {
  private(set) var isCurrent = false

  /// Records the number of changes that the consumer has yet to deliver.
  ///
  /// - Returns: true once, when no change is left for the first time.
  mutating func becomesCurrent(pending: UInt64) -> Bool {
    guard !isCurrent, pending == 0 else { return false }
    isCurrent = true
    return true
  }
}
