import CLinuxProcess
import Glibc

/// The children that this process did not start itself: it became their parent when theirs ended.
struct OrphanReaper {
  private let inFlight: SpawnsInFlight
  private let ownPID = getpid()
  private let ownSession = getsid(0)
  /// The sessions of what runs left in the background when they ended.
  private var leftSessions: Set<pid_t> = []

  init(_ inFlight: SpawnsInFlight) {
    self.inFlight = inFlight
  }

  /// Whether `record` is an orphan, and can only have come from the program `from` (PID, start time),
  /// not from the `others` that run.
  func isCertain(
    _ record: ProcessRecord, from: (pid: pid_t, startTicks: UInt64),
    others: [(pid: pid_t, startTicks: UInt64)]
  ) -> Bool {
    guard isOrphan(record), record.pid != from.pid, record.startTicks >= from.startTicks else { return false }
    guard !leftSessions.contains(record.session) else { return false }
    return others.allSatisfy { $0.pid != record.pid && $0.startTicks > record.startTicks }
  }

  /// A child that other code of this process starts has this process's session, unless it takes pains.
  private func isOrphan(_ record: ProcessRecord) -> Bool {
    record.parent == ownPID && record.session != ownSession && inFlight.isZero
  }

  /// Remembers what a run that began at `startTicks` may have left behind, so that it is never held
  /// to belong to another run.
  mutating func noteEndOfRun(startedAt startTicks: UInt64, ownPrograms: Set<pid_t>) {
    var sessions: Set<pid_t> = []
    for pid in OwnChildren.read(ownPID) where !ownPrograms.contains(pid) {
      guard let record = ProcessRecord.read(pid), record.session != ownSession,
        record.startTicks >= startTicks || leftSessions.contains(record.session)
      else { continue }
      sessions.insert(record.session)
    }
    leftSessions = sessions
  }

  /// Reaps the orphans that have ended, and no other child.
  func reapEnded(ownPrograms: Set<pid_t>) {
    while true {
      let first = clp_ended_child()
      if first == 0 { return }
      if reap(first, ownPrograms) { continue }
      // The kernel names only one ended child: behind one that is not to be reaped may be others.
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
