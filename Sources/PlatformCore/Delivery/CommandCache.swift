import Encoding
import PlatformAPI

/// The stored commands and, at the delivering instance, the delivery schedule. No clock, no I/O.
///
/// Updates come from a watch and from own writes, so an older revision than the known one changes nothing.
struct CommandCache: Sendable {
  /// A record with its revision.
  struct Versioned: Sendable, Hashable {
    var record: CommandRecord
    var revision: UInt64
  }

  /// All commands.
  private(set) var index = CommandIndex()
  /// The commands without a result, by id.
  private(set) var open: [String: Versioned] = [:]
  /// Nil while another instance delivers.
  private(set) var schedule: DeliverySchedule?

  /// The command without a result that has exactly this id and agent, compared by bytes: the id of a result is untrusted.
  func openCommand(_ id: String, of agent: String) -> CommandRecord? {
    guard let record = open[id]?.record, record.id.hasSameBytes(as: id), record.agent.hasSameBytes(as: agent)
    else { return nil }
    return record
  }

  /// Records a new or changed command.
  ///
  /// - Parameter time: The time at which the record was written, in unix seconds.
  /// - Returns: Whether the revision is new.
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

  /// Removes a command.
  mutating func remove(_ id: String) {
    if let agent = index.entries[id]?.agent { schedule?.remove(id, of: agent) }
    index.remove(id)
    open[id] = nil
  }

  /// Removes the commands last written before `time` (unix seconds), as the bucket expires them.
  mutating func removeAll(writtenBefore time: Double) {
    index.removeAll(writtenBefore: time)
    for (id, command) in open where index.entries[id] == nil {
      schedule?.remove(id, of: command.record.agent)
      open[id] = nil
    }
  }

  /// Starts delivery at this instance.
  ///
  /// - Parameters:
  ///   - lastSeen: The time of the last heartbeat of each agent.
  ///   - journals: The agents that keep a journal.
  ///   - aliveWithin: The time after a heartbeat for which an agent counts as reachable.
  mutating func beginDelivery(
    lastSeen: [String: Double], journals: [String], aliveWithin: Double, at now: Double
  ) {
    var schedule = DeliverySchedule(aliveWithin: aliveWithin)
    for uuid in journals { schedule.setKeepsJournal(of: uuid, isKept: true) }
    for (uuid, time) in lastSeen { schedule.recordHeartbeat(of: uuid, at: time) }
    for command in open.values { schedule.observe(command.record, revision: command.revision) }
    schedule.resendRecent(at: now)
    self.schedule = schedule
  }

  /// Ends delivery at this instance.
  mutating func endDelivery() { schedule = nil }

  /// Changes the schedule in place; does nothing while another instance delivers.
  mutating func withSchedule<R>(_ body: (inout DeliverySchedule) -> R) -> R? {
    guard var taken = schedule else { return nil }
    // Moved out and back, so that the change does not copy it.
    schedule = nil
    defer { schedule = taken }
    return body(&taken)
  }
}
