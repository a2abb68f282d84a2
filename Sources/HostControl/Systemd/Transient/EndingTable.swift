/// The services whose end somebody waits for, or will ask for.
struct EndingTable<Waiter> {
  /// How many endings are kept that nobody has asked for yet.
  static var room: Int { 256 }

  private struct Entry {
    var progress: ServiceProgress
    var ending: ServiceEnding?
    var waiters: [(id: UInt64, waiter: Waiter)] = []
  }

  private var entries: [String: Entry] = [:]
  /// The units whose ending is kept, oldest first.
  private var ended: [String] = []

  /// Whether no unit is watched that has not ended.
  var isEmpty: Bool { entries.count == ended.count }

  /// Whether a unit's changes matter.
  func isWatched(_ unit: String) -> Bool {
    entries[unit].map { $0.ending == nil } ?? false
  }

  func contains(_ unit: String) -> Bool { entries[unit] != nil }

  /// What is known of a unit that is watched.
  func progress(of unit: String) -> ServiceProgress? { entries[unit]?.progress }

  /// Begins to watch a unit.
  mutating func watch(_ unit: String, isNew: Bool) {
    remove(unit)
    entries[unit] = Entry(progress: ServiceProgress(isNew: isNew))
  }

  /// Takes in what a unit's properties are now.
  ///
  /// - Returns: Its ending and those who wait for it, when it has ended; and the units that are no longer watched.
  mutating func update(
    _ unit: String, _ values: [String: BusValue]
  ) -> (ending: ServiceEnding, waiters: [Waiter], forgotten: [String])? {
    guard var entry = entries[unit], entry.ending == nil else { return nil }
    entry.progress.merge(values)
    guard let ending = entry.progress.ending else {
      entries[unit] = entry
      return nil
    }
    guard entry.waiters.isEmpty else {
      entries[unit] = nil
      return (ending, entry.waiters.map(\.waiter), [unit])
    }
    entry.ending = ending
    entries[unit] = entry
    ended.append(unit)
    guard ended.count > Self.room else { return (ending, [], []) }
    let oldest = ended[0]
    remove(oldest)
    return (ending, [], [oldest])
  }

  /// Waits for the end of a unit that is watched; returns it at once, and forgets it, when it is known.
  mutating func wait(_ waiter: Waiter, id: UInt64, for unit: String) -> ServiceEnding? {
    if let ending = entries[unit]?.ending {
      remove(unit)
      return ending
    }
    entries[unit]?.waiters.append((id, waiter))
    return nil
  }

  /// Whether one still waits.
  func isWaiting(_ id: UInt64) -> Bool {
    entries.values.contains { $0.waiters.contains { $0.id == id } }
  }

  /// Takes out one that waits. The unit is watched on.
  mutating func removeWaiter(_ id: UInt64) -> Waiter? {
    for (unit, entry) in entries {
      guard let index = entry.waiters.firstIndex(where: { $0.id == id }) else { continue }
      return entries[unit]?.waiters.remove(at: index).waiter
    }
    return nil
  }

  /// Forgets a unit.
  ///
  /// - Returns: Those who waited for its end.
  @discardableResult
  mutating func remove(_ unit: String) -> [Waiter] {
    ended.removeAll { $0 == unit }
    return entries.removeValue(forKey: unit)?.waiters.map(\.waiter) ?? []
  }

  /// Forgets all units.
  ///
  /// - Returns: All who waited.
  mutating func removeAll() -> [Waiter] {
    defer {
      entries.removeAll()
      ended.removeAll()
    }
    return entries.values.flatMap { $0.waiters.map(\.waiter) }
  }
}
