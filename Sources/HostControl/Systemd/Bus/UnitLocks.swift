import Encoding

/// Locks on units, which serialise actions on the same unit in the order of their requests. No I/O.
struct UnitLocks<Waiter> {
  /// The waiters for each locked unit, oldest first.
  private var waiting: [ExactString: [(id: UInt64, waiter: Waiter)]] = [:]

  /// Locks the unit if it is free.
  ///
  /// - Returns: Whether the caller holds the lock now.
  mutating func tryLock(_ unit: String) -> Bool {
    let unit = ExactString(unit)
    guard waiting[unit] == nil else { return false }
    waiting[unit] = []
    return true
  }

  mutating func wait(_ waiter: Waiter, id: UInt64, for unit: String) {
    waiting[ExactString(unit), default: []].append((id, waiter))
  }

  /// Unlocks the unit, or passes the lock on to the oldest waiter, which is returned.
  mutating func unlock(_ unit: String) -> Waiter? {
    let unit = ExactString(unit)
    guard var rest = waiting[unit], !rest.isEmpty else {
      waiting[unit] = nil
      return nil
    }
    let next = rest.removeFirst()
    waiting[unit] = rest
    return next.waiter
  }

  /// Removes a waiter.
  mutating func remove(_ id: UInt64) -> Waiter? {
    for (unit, rest) in waiting {
      guard let index = rest.firstIndex(where: { $0.id == id }) else { continue }
      return waiting[unit]?.remove(at: index).waiter
    }
    return nil
  }
}
