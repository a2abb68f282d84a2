import Encoding

/// Waiters by the name of what they wait for. Several may wait for the same.
struct WaiterList<Waiter> {
  private var entries: [(name: String, id: UInt64, waiter: Waiter)] = []

  mutating func add(_ waiter: Waiter, id: UInt64, for name: String) {
    entries.append((name, id, waiter))
  }

  /// Removes and returns all waiters for `name`.
  mutating func remove(for name: String) -> [Waiter] {
    guard entries.contains(where: { $0.name.hasSameBytes(as: name) }) else { return [] }
    defer { entries.removeAll { $0.name.hasSameBytes(as: name) } }
    return entries.filter { $0.name.hasSameBytes(as: name) }.map(\.waiter)
  }

  /// Removes one waiter.
  mutating func remove(_ id: UInt64) -> Waiter? {
    guard let index = entries.firstIndex(where: { $0.id == id }) else { return nil }
    return entries.remove(at: index).waiter
  }

  /// Removes and returns all waiters.
  mutating func removeAll() -> [Waiter] {
    defer { entries.removeAll() }
    return entries.map(\.waiter)
  }
}
