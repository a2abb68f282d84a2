import PlatformAPI

/// All commands that are kept, without what makes them large: a pure value that lists and finds them.
struct CommandIndex: Sendable {
  /// What is remembered of a command.
  struct Entry: Sendable, Hashable {
    let id: String
    let agent: String
    let submittedAt: Double
    var state: CommandView.State
    /// Of its record.
    var revision: UInt64
    /// When its record was last written, in unix seconds; it is kept for so long from then.
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
  /// The oldest first.
  private var places: [Place] = []
  /// How many have no result yet, by agent.
  private var open: [String: Int] = [:]

  /// How many have no result yet.
  var openCount: Int { open.values.reduce(0, +) }

  /// How many of an agent have no result yet.
  func openCount(of agent: String) -> Int { open[agent] ?? 0 }

  /// A command is there, or went on.
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

  /// A command is gone.
  mutating func remove(_ id: String) {
    guard let entry = entries.removeValue(forKey: id) else { return }
    count(entry, -1)
    let place = Place(submittedAt: entry.submittedAt, id: id)
    let index = index(of: place)
    if index < places.count, places[index] == place { places.remove(at: index) }
  }

  /// Forgets the commands whose records were last written before a time, as the bucket does.
  mutating func removeAll(writtenBefore time: Double) {
    let old = entries.values.filter { $0.writtenAt < time }
    guard !old.isEmpty else { return }
    for entry in old {
      entries[entry.id] = nil
      count(entry, -1)
    }
    places.removeAll { entries[$0.id] == nil }
  }

  /// The newest first.
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

  /// Those that a reference means: an id, or the beginning of one (4 characters or more). At most 9.
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
