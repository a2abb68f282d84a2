import PlatformAPI

/// An index of the stored commands that lists and finds them. No I/O.
struct CommandIndex: Sendable {
  /// The indexed fields of a command.
  struct Entry: Sendable, Hashable {
    let id: String
    let agent: String
    let submittedAt: Double
    var state: CommandView.State
    /// The revision of the record.
    var revision: UInt64
    /// The time of the last write, in unix seconds. The retention starts there.
    var writtenAt: Double
  }

  private struct Place: Sendable, Comparable {
    let submittedAt: Double
    let id: String

    static func < (left: Place, right: Place) -> Bool {
      (left.submittedAt, left.id) < (right.submittedAt, right.id)
    }
  }

  private(set) var entries: [String: Entry] = [:]
  /// All commands, the oldest first.
  private var places: [Place] = []
  /// The number of commands without a result, by agent.
  private var open: [String: Int] = [:]

  /// The number of commands without a result.
  var openCount: Int { open.values.reduce(0, +) }

  /// The number of commands of an agent without a result.
  func openCount(of agent: String) -> Int { open[agent] ?? 0 }

  /// Inserts or updates a command. Ignores an older revision.
  mutating func insert(_ entry: Entry) {
    if let known = entries[entry.id] {
      guard known.revision <= entry.revision else { return }
      count(known, -1)
    } else {
      let place = Place(submittedAt: entry.submittedAt, id: entry.id)
      if let last = places.last, place < last {
        places.insert(place, at: index(of: place))
      } else {
        places.append(place)
      }
    }
    entries[entry.id] = entry
    count(entry, 1)
  }

  /// Removes a command.
  mutating func remove(_ id: String) {
    guard let entry = entries.removeValue(forKey: id) else { return }
    count(entry, -1)
    let place = Place(submittedAt: entry.submittedAt, id: id)
    let index = index(of: place)
    if index < places.count, places[index] == place { places.remove(at: index) }
  }

  /// Removes the commands last written before `time` (unix seconds), as the bucket expires them.
  mutating func removeAll(writtenBefore time: Double) {
    let old = entries.values.filter { $0.writtenAt < time }
    guard !old.isEmpty else { return }
    for entry in old {
      entries[entry.id] = nil
      count(entry, -1)
    }
    places.removeAll { entries[$0.id] == nil }
  }

  /// The matching commands, the newest first.
  func list(agent: String?, state: CommandView.State?, limit: Int) -> [Entry] {
    var found: [Entry] = []
    for place in places.reversed() where found.count < limit {
      guard let entry = entries[place.id] else { continue }
      if let agent, entry.agent != agent { continue }
      if let state, entry.state != state { continue }
      found.append(entry)
    }
    return found
  }

  /// The ids that match a reference: an id, or at least 4 characters of its beginning. At most 9.
  func find(_ reference: String) -> [String] {
    if entries[reference] != nil { return [reference] }
    guard reference.utf8.count >= 4 else { return [] }
    var found: [String] = []
    for id in entries.keys where id.hasPrefix(reference) {
      found.append(id)
      if found.count == 9 { break }
    }
    return found
  }

  private mutating func count(_ entry: Entry, _ change: Int) {
    guard !entry.state.isFinal else { return }
    let count = (open[entry.agent] ?? 0) + change
    open[entry.agent] = count > 0 ? count : nil
  }

  private func index(of place: Place) -> Int {
    var low = 0
    var high = places.count
    while low < high {
      let middle = (low + high) / 2
      if places[middle] < place { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
