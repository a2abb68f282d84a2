/// The records of a bucket in memory, as its watch and one's own writes tell them, in whatever order the two come.
///
/// Every change has a number, its revision, and the newest one counts. A watch that begins anew is a *round*: what it has not
/// told by the end of the round is not there any more.
struct RecordCache<Record: Sendable & Hashable>: Sendable {
  /// A record that changed. No `old` where there was none, no `new` where there is none.
  struct Change: Sendable, Hashable {
    var old: Record?
    var new: Record?
  }

  private struct Entry {
    /// Nil once it was deleted here and the watch has not told it yet.
    var record: Record?
    var revision: UInt64
    /// The round in which it was told or written.
    var round: Int
  }

  private var entries: [String: Entry] = [:]
  private var round = 0
  /// The keys that have a record, in order while `isSorted`.
  private var keys: [String] = []
  private var isSorted = true
  /// Whether a round has ended: from then on it has what there is.
  private(set) var isCurrent = false
  /// The revision of the last change that the watch of this round has delivered.
  var delivered: UInt64 = 0

  /// How many records there are.
  var count: Int { keys.count }

  /// The record of a key.
  subscript(key: String) -> Record? { entries[key]?.record }

  /// A watch begins: revisions of former rounds do not count any more, as the bucket may have been made anew.
  mutating func beginRound() {
    round += 1
    delivered = 0
  }

  /// A watch has told all that is there.
  ///
  /// - Returns: what is not there any more.
  mutating func endRound() -> [Change] {
    isCurrent = true
    var changes: [Change] = []
    for (key, entry) in entries where entry.round < round {
      if let change = remove(key, entry) { changes.append(change) }
    }
    return changes
  }

  /// A record was told by the watch, or written or read here.
  ///
  /// - Returns: what changed; nil when it was known, or something newer is.
  mutating func put(_ key: String, _ record: Record, revision: UInt64) -> Change? {
    let entry = entries[key]
    if let entry, entry.round == round, entry.revision >= revision { return nil }
    entries[key] = Entry(record: record, revision: revision, round: round)
    if entry?.record == nil { insert(key) }
    return entry?.record == record ? nil : Change(old: entry?.record, new: record)
  }

  /// The watch told that a record is gone.
  mutating func delete(_ key: String, revision: UInt64) -> Change? {
    guard let entry = entries[key] else { return nil }
    if entry.round == round, entry.revision > revision { return nil }
    return remove(key, entry)
  }

  /// A record was deleted here, whose revision had been `revision`. The number of the deletion is not known.
  mutating func deleteLocally(_ key: String, after revision: UInt64) -> Change? {
    guard let entry = entries[key], entry.round < round || entry.revision <= revision else { return nil }
    if entry.record != nil { removeKey(key) }
    entries[key] = Entry(record: nil, revision: revision, round: round)
    return entry.record.map { Change(old: $0, new: nil) }
  }

  private mutating func remove(_ key: String, _ entry: Entry) -> Change? {
    entries[key] = nil
    guard let record = entry.record else { return nil }
    removeKey(key)
    return Change(old: record, new: nil)
  }

  // MARK: In order

  /// The records in the order of their keys: at most `limit`, those after the key `after`.
  mutating func records(after: String? = nil, limit: Int = .max) -> [Record] {
    sort()
    let start = after.map { position(of: $0, isAfter: true) } ?? 0
    return keys[start...].prefix(limit).compactMap { entries[$0]?.record }
  }

  /// Keys that begin with `prefix`, at most `limit`.
  mutating func keys(beginningWith prefix: String, limit: Int) -> [String] {
    sort()
    return Array(keys[position(of: prefix)...].prefix { $0.hasPrefix(prefix) }.prefix(limit))
  }

  private mutating func insert(_ key: String) {
    guard isCurrent, isSorted else {
      // Many come at once: they are sorted together, when somebody asks.
      isSorted = false
      return keys.append(key)
    }
    keys.insert(key, at: position(of: key))
  }

  private mutating func removeKey(_ key: String) {
    sort()
    let index = position(of: key)
    if index < keys.count, keys[index] == key { keys.remove(at: index) }
  }

  private mutating func sort() {
    if !isSorted { keys.sort() }
    isSorted = true
  }

  /// Where the first key is that does not come before `key`, or that comes after it.
  private func position(of key: String, isAfter: Bool = false) -> Int {
    var low = 0
    var high = keys.count
    while low < high {
      let middle = (low + high) / 2
      if keys[middle] < key || (isAfter && keys[middle] == key) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
