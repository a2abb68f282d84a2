/// Whose turn it is to act on a unit: one at a time, in the order in which they came.
struct ActionQueue<Waiter> {
  /// By unit: who waits behind the one that acts.
  private var waiting: [String: [(id: UInt64, waiter: Waiter)]] = [:]

  /// Whether the unit is free; if so, it no longer is.
  mutating func enter(_ unit: String) -> Bool {
    guard waiting[unit] == nil else { return false }
    waiting[unit] = []
    return true
  }

  mutating func wait(_ waiter: Waiter, id: UInt64, for unit: String) {
    waiting[unit, default: []].append((id, waiter))
  }

  /// Ends an action. Whoever is returned has the unit now.
  mutating func leave(_ unit: String) -> Waiter? {
    guard var rest = waiting[unit], !rest.isEmpty else {
      waiting[unit] = nil
      return nil
    }
    let next = rest.removeFirst()
    waiting[unit] = rest
    return next.waiter
  }

  /// Takes out one that waits.
  mutating func remove(_ id: UInt64) -> Waiter? {
    for (unit, rest) in waiting {
      guard let index = rest.firstIndex(where: { $0.id == id }) else { continue }
      return waiting[unit]?.remove(at: index).waiter
    }
    return nil
  }
}
