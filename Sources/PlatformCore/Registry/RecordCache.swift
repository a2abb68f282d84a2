import JetStream

/// The records of a bucket in memory, updated by its watch and by own writes in any order.
///
/// The highest revision of a key wins. Each start of the watch begins a *round*: records that it has not delivered by the end of
/// the round were deleted.
struct RecordCache<Record: Sendable & Hashable>: Sendable {
  /// A changed record. `old` is nil for a new one, `new` for a deleted one.
  struct Change: Sendable, Hashable {
    var old: Record?
    var new: Record?
  }

  private struct Entry {
    /// Nil after a local deletion that the watch has not delivered yet.
    var record: Record?
    var revision: UInt64
    /// The round in which it was delivered or written.
    var round: Int
  }

  private var entries: [String: Entry] = [:]
  private var round = 0
  /// The keys with a record, ordered while `isSorted`.
  private var keys: [String] = []
  private var isSorted = true
  /// Whether a round has ended, and the cache is complete.
  private(set) var isCurrent = false
  /// The revision of the last change delivered in this round.
  var delivered: UInt64 = 0

  /// The number of records.
  var count: Int { keys.count }

  subscript(key: String) -> Record? { entries[key]?.record }

  /// Begins a round. Revisions of earlier rounds are ignored, as the bucket may have been recreated.
  mutating func beginRound() {
    round += 1
    delivered = 0
  }

  /// Ends a round: the watch has delivered the whole bucket.
  ///
  /// - Returns: The deleted records.
  mutating func endRound() -> [Change] {
    isCurrent = true
    var changes: [Change] = []
    for (key, entry) in entries where entry.round < round {
      if let change = remove(key, entry) { changes.append(change) }
    }
    return changes
  }

  /// Stores a record that was delivered by the watch, or written or read locally.
  ///
  /// - Returns: The change; nil when the record is unchanged, or a newer one is known.
  mutating func put(_ key: String, _ record: Record, revision: UInt64) -> Change? {
    let entry = entries[key]
    if let entry, entry.round == round, entry.revision >= revision { return nil }
    entries[key] = Entry(record: record, revision: revision, round: round)
    if entry?.record == nil { insert(key) }
    return entry?.record == record ? nil : Change(old: entry?.record, new: record)
  }

  /// Deletes a record as delivered by the watch.
  mutating func delete(_ key: String, revision: UInt64) -> Change? {
    guard let entry = entries[key] else { return nil }
    if entry.round == round, entry.revision > revision { return nil }
    return remove(key, entry)
  }

  /// Deletes a record of revision `revision` locally. The revision of the deletion is unknown.
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

  // MARK: Order

  /// The records ordered by key: at most `limit`, after the key `after`.
  mutating func records(after: String? = nil, limit: Int = .max) -> [Record] {
    sort()
    let start = after.map { position(of: $0, isAfter: true) } ?? 0
    return keys[start...].prefix(limit).compactMap { entries[$0]?.record }
  }

  /// The keys that begin with `prefix`, at most `limit`.
  mutating func keys(beginningWith prefix: String, limit: Int) -> [String] {
    sort()
    return Array(keys[position(of: prefix)...].prefix { $0.hasPrefix(prefix) }.prefix(limit))
  }

  private mutating func insert(_ key: String) {
    guard isCurrent, isSorted else {
      // Many records arrive at once: they are sorted together, at the next query.
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

  /// The index of the first key that is not before `key`, or that is after it.
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

/// A bucket and its cache in ``Registry/State``.
struct RecordStore<Record: Sendable & Hashable & Codable>: Sendable {
  let bucket: KeyValueBucket
  /// The kind of record, for messages.
  let kind: String
  let cache: any WritableKeyPath<Registry.State, RecordCache<Record>> & Sendable
}
