/// Whether a watch has told all that was there when it began.
struct WatchProgress: Hashable {
  private(set) var isCurrent = false

  /// A consumer was made, or delivered something, and has so many changes left to deliver.
  ///
  /// - Returns: whether this is the moment, which comes once.
  mutating func left(_ pending: UInt64) -> Bool {
    guard !isCurrent, pending == 0 else { return false }
    isCurrent = true
    return true
  }
}
