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

/// Makes this process the parent of orphaned descendants, so that they can be terminated and reaped.
public enum ChildSubreaper {
  /// Makes this process a child subreaper (PR_SET_CHILD_SUBREAPER, prctl(2)): descendants whose parents have ended become children
  /// of this process instead of PID 1.
  ///
  /// An executable calls this once at its start. From then on
  /// - cancelling a run also terminates descendants that have forked twice and created sessions of their own, if they certainly
  ///   belong to that run: they started after it, no other run was active since, and no earlier run left their session behind;
  /// - orphans are reaped when they end. Children that other code starts in the session of this process are left for that code
  ///   to reap.
  ///
  /// Installs a handler for SIGCHLD, which must not be replaced.
  ///
  /// - Throws: `ProcessError` when the kernel refuses or no thread can be started.
  public static func enable() throws(ProcessError) {
    try ProcessEngine.shared.adoptOrphans()
  }
}
