import Encoding

/// The watched services, the waiters for their end, and the endings that were not queried yet. No I/O.
struct ExitTable<Waiter> {
  /// The most endings that are kept until they are queried.
  static var capacity: Int { 256 }

  private struct Entry {
    var progress: ServiceProgress
    var ending: ServiceEnding?
    var waiters: [(id: UInt64, waiter: Waiter)] = []
  }

  private var entries: [ExactString: Entry] = [:]
  /// The units whose endings are kept, oldest first.
  private var ended: [ExactString] = []

  /// Whether all watched units have ended.
  var isEmpty: Bool { entries.count == ended.count }

  /// Whether a unit is watched and has not ended.
  func isWatched(_ unit: String) -> Bool {
    entries[ExactString(unit)].map { $0.ending == nil } ?? false
  }

  func contains(_ unit: String) -> Bool { entries[ExactString(unit)] != nil }

  /// The known state of a watched unit.
  func progress(of unit: String) -> ServiceProgress? { entries[ExactString(unit)]?.progress }

  /// Starts watching a unit.
  mutating func watch(_ unit: String, isNew: Bool) {
    remove(unit)
    entries[ExactString(unit)] = Entry(progress: ServiceProgress(isNew: isNew))
  }

  /// Merges changed properties of a unit.
  ///
  /// - Returns: When the unit has ended: its ending, the waiters for it, and the units that are no longer watched.
  mutating func update(
    _ unit: String, _ values: [String: BusValue]
  ) -> (ending: ServiceEnding, waiters: [Waiter], forgotten: [String])? {
    let key = ExactString(unit)
    guard var entry = entries[key], entry.ending == nil else { return nil }
    entry.progress.merge(values)
    guard let ending = entry.progress.ending else {
      entries[key] = entry
      return nil
    }
    guard entry.waiters.isEmpty else {
      entries[key] = nil
      return (ending, entry.waiters.map(\.waiter), [unit])
    }
    entry.ending = ending
    entries[key] = entry
    ended.append(key)
    guard ended.count > Self.capacity else { return (ending, [], []) }
    let oldest = ended[0].text
    remove(oldest)
    return (ending, [], [oldest])
  }

  /// Adds a waiter for the end of a watched unit, or returns and forgets its ending when it has ended already.
  mutating func wait(_ waiter: Waiter, id: UInt64, for unit: String) -> ServiceEnding? {
    let key = ExactString(unit)
    if let ending = entries[key]?.ending {
      remove(unit)
      return ending
    }
    entries[key]?.waiters.append((id, waiter))
    return nil
  }

  /// Whether a waiter has not been resumed.
  func isWaiting(_ id: UInt64) -> Bool {
    entries.values.contains { $0.waiters.contains { $0.id == id } }
  }

  /// Removes a waiter. Its unit stays watched.
  mutating func removeWaiter(_ id: UInt64) -> Waiter? {
    for (unit, entry) in entries {
      guard let index = entry.waiters.firstIndex(where: { $0.id == id }) else { continue }
      return entries[unit]?.waiters.remove(at: index).waiter
    }
    return nil
  }

  /// Stops watching a unit.
  ///
  /// - Returns: The waiters for its end.
  @discardableResult
  mutating func remove(_ unit: String) -> [Waiter] {
    let key = ExactString(unit)
    ended.removeAll { $0 == key }
    return entries.removeValue(forKey: key)?.waiters.map(\.waiter) ?? []
  }

  /// Stops watching all units.
  ///
  /// - Returns: All waiters.
  mutating func removeAll() -> [Waiter] {
    defer {
      entries.removeAll()
      ended.removeAll()
    }
    return entries.values.flatMap { $0.waiters.map(\.waiter) }
  }
}
