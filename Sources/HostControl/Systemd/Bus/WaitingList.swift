/// Those who wait for things that have names. More than one may wait for the same.
struct WaitingList<Waiter> {
  private var entries: [(name: String, id: UInt64, waiter: Waiter)] = []

  mutating func add(_ waiter: Waiter, id: UInt64, for name: String) {
    entries.append((name, id, waiter))
  }

  /// Takes out all who wait for `name`.
  mutating func remove(for name: String) -> [Waiter] {
    guard entries.contains(where: { $0.name == name }) else { return [] }
    defer { entries.removeAll { $0.name == name } }
    return entries.filter { $0.name == name }.map(\.waiter)
  }

  /// Takes out one.
  mutating func remove(_ id: UInt64) -> Waiter? {
    guard let index = entries.firstIndex(where: { $0.id == id }) else { return nil }
    return entries.remove(at: index).waiter
  }

  /// Takes out all.
  mutating func removeAll() -> [Waiter] {
    defer { entries.removeAll() }
    return entries.map(\.waiter)
  }
}
