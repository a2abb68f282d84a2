import PlatformAPI

/// All commands that are kept, and for the instance that delivers them what is to be done: a pure value.
///
/// What is told of a record comes from several sides, so a revision that is older than what is known changes nothing.
struct CommandCache: Sendable {
  /// A record with its revision.
  struct Versioned: Sendable, Hashable {
    var record: CommandRecord
    var revision: UInt64
  }

  /// All commands.
  private(set) var index = CommandIndex()
  /// Those without a result.
  private(set) var open: [String: Versioned] = [:]
  /// Nil where another instance delivers.
  private(set) var schedule: DeliverySchedule?

  /// A record is there, or was changed.
  ///
  /// - Parameter time: when it was written, in unix seconds.
  /// - Returns: whether it is news.
  @discardableResult
  mutating func observe(_ record: CommandRecord, revision: UInt64, at time: Double) -> Bool {
    if let known = index.entries[record.id], known.revision >= revision { return false }
    index.insert(
      CommandIndex.Entry(
        id: record.id, agent: record.agent, submittedAt: record.submittedAt, state: record.state,
        revision: revision, writtenAt: time))
    open[record.id] = record.state.isFinal ? nil : Versioned(record: record, revision: revision)
    schedule?.observe(record, revision: revision)
    return true
  }

  /// A record is gone.
  mutating func remove(_ id: String) {
    if let agent = index.entries[id]?.agent { schedule?.remove(id, of: agent) }
    index.remove(id)
    open[id] = nil
  }

  /// Forgets what the bucket has forgotten: what was last written before a time, in unix seconds.
  mutating func removeAll(writtenBefore time: Double) {
    index.removeAll(writtenBefore: time)
    for (id, command) in open where index.entries[id] == nil {
      schedule?.remove(id, of: command.record.agent)
      open[id] = nil
    }
  }

  /// This instance delivers from now on.
  ///
  /// - Parameters:
  ///   - lastSeen: when each agent last gave a sign of life.
  ///   - journals: the agents that keep a journal.
  ///   - aliveWithin: for how long after one it counts as reachable.
  mutating func beginDelivery(
    lastSeen: [String: Double], journals: [String], aliveWithin: Double, at now: Double
  ) {
    var schedule = DeliverySchedule(aliveWithin: aliveWithin)
    for uuid in journals { schedule.setKeepsJournal(of: uuid, isKept: true) }
    for (uuid, time) in lastSeen { schedule.recordHeartbeat(of: uuid, at: time) }
    for command in open.values { schedule.observe(command.record, revision: command.revision) }
    schedule.takeOver(at: now)
    self.schedule = schedule
  }

  /// Another instance delivers.
  mutating func endDelivery() { schedule = nil }

  /// Changes the schedule, if this instance delivers.
  mutating func withSchedule<R>(_ body: (inout DeliverySchedule) -> R) -> R? {
    guard var taken = schedule else { return nil }
    // The only copy, so that changing it copies nothing.
    schedule = nil
    defer { schedule = taken }
    return body(&taken)
  }
}
