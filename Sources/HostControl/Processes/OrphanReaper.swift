import CLinuxProcess
import Glibc

/// Reaps the orphans that this process became the parent of, as a child subreaper.
struct OrphanReaper {
  private let inFlight: SpawnsInFlight
  private let ownPID = getpid()
  private let ownSession = getsid(0)
  /// The sessions of processes that earlier runs left in the background.
  private var leftSessions: Set<pid_t> = []

  init(_ inFlight: SpawnsInFlight) {
    self.inFlight = inFlight
  }

  /// Whether `record` is an orphan that only the program `from` can have started, and none of the running `others`.
  func isCertain(
    _ record: ProcessRecord, from: (pid: pid_t, startTicks: UInt64),
    others: [(pid: pid_t, startTicks: UInt64)]
  ) -> Bool {
    guard isOrphan(record), record.pid != from.pid, record.startTicks >= from.startTicks else { return false }
    guard !leftSessions.contains(record.session) else { return false }
    return others.allSatisfy { $0.pid != record.pid && $0.startTicks > record.startTicks }
  }

  /// Children that other code of this process starts are in the session of this process, unless that code creates one.
  private func isOrphan(_ record: ProcessRecord) -> Bool {
    record.parent == ownPID && record.session != ownSession && inFlight.isZero
  }

  /// Records the sessions that an ended run may have left behind, so that they are not attributed to another run.
  mutating func recordEndOfRun(startedAt startTicks: UInt64, ownPrograms: Set<pid_t>) {
    var sessions: Set<pid_t> = []
    for pid in OwnChildren.read(ownPID) where !ownPrograms.contains(pid) {
      guard let record = ProcessRecord.read(pid), record.session != ownSession,
        record.startTicks >= startTicks || leftSessions.contains(record.session)
      else { continue }
      sessions.insert(record.session)
    }
    leftSessions = sessions
  }

  /// Reaps the orphans that have ended, and no other children.
  func reapEnded(ownPrograms: Set<pid_t>) {
    while true {
      let first = clp_ended_child()
      if first == 0 { return }
      if reap(first, ownPrograms) { continue }
      // waitid(2) returns only one ended child. When that one must not be reaped here, others are found in the list.
      let reaped = OwnChildren.read(ownPID).filter { reap($0, ownPrograms) }
      if reaped.isEmpty { return }
    }
  }

  private func reap(_ pid: pid_t, _ ownPrograms: Set<pid_t>) -> Bool {
    guard !ownPrograms.contains(pid), let record = ProcessRecord.read(pid), record.hasEnded,
      isOrphan(record)
    else { return false }
    var status: Int32 = 0
    return clp_child(pid, &status, 1) != clp_child_running
  }
}
