import Encoding

/// The records of the tracked units. Unit names are compared byte for byte, as systemd does.
struct UnitTable: Sendable {
  /// The records, by unit name.
  private(set) var records: [ExactString: UnitWatch] = [:]

  /// The number of tracked units.
  var count: Int { records.count }

  /// Whether no unit is tracked.
  var isEmpty: Bool { records.isEmpty }

  /// The record of a unit.
  subscript(unit: String) -> UnitWatch? {
    get { records[ExactString(unit)] }
    set { records[ExactString(unit)] = newValue }
  }
}

/// The record of one service that has failed, has recently failed, or is in transition.
struct UnitWatch: Sendable {
  /// The phase of handling a failure.
  enum Phase: Sendable, Equatable {
    /// No recent failure.
    case quiet
    /// It has failed, and may leave that state by itself: systemd reports `failed` before each restart of its own.
    case settling(until: ContinuousClock.Instant)
    /// It has failed, and its traits are being looked up.
    case inspecting
    /// It has failed and will be restarted.
    case waiting(until: ContinuousClock.Instant)
    /// Its restart is due, and its traits are being looked up again.
    case checking
    /// It is being restarted by the agent.
    case starting
    /// The restart has ended; its events may still follow.
    case concluding(RestartOutcome, until: ContinuousClock.Instant)
    /// It has failed and will not be restarted. `reportAt` is the time of the pending report, if there is one.
    case down(reason: String, reportAt: ContinuousClock.Instant?)
    /// It is no longer failed, but has not yet run for the probation time.
    case recovering(until: ContinuousClock.Instant?)
    /// It has recovered, and its history is kept for a while.
    case watching(until: ContinuousClock.Instant)
  }

  /// The outcome of a restart by the agent.
  enum RestartOutcome: Sendable, Equatable {
    /// The job ended with this result, or waiting for it failed for this reason.
    case ended(String)
    /// systemd refused the job for this reason.
    case refused(String)
    /// The job exceeded the time limit and continues.
    case unfinished
  }

  var phase = Phase.quiet
  /// The last reported state; nil before the first.
  private(set) var state: UnitState?
  /// The start of its current uninterrupted run.
  var activeSince: ContinuousClock.Instant?
  /// The time of the last failure.
  var failedAt: ContinuousClock.Instant?
  /// Its waiting and running jobs, oldest first.
  private(set) var jobs: [UInt32] = []
  /// The time of the last event: a change of state, or the start or end of a job.
  private(set) var lastEventAt: ContinuousClock.Instant?
  /// Whether a stop was requested and has not succeeded yet.
  var isBeingStopped = false
  /// Whether it has run since it failed.
  var hasRun = false

  /// Whether its failure was reported and its recovery was not.
  var isReported = false
  /// The times of the reported failures of the last ten minutes.
  var reportedAt: [ContinuousClock.Instant] = []
  /// The last reported reason for not restarting it.
  var lastReason: (text: String, reportedAt: ContinuousClock.Instant)?
  /// The times of the restarts by the agent in the last ten minutes.
  var restarts: [ContinuousClock.Instant] = []
  /// The number of restarts since it last ran for a full window. Each doubles the next delay.
  var streak = 0

  /// The time at which the policy has to handle it, unless an event precedes.
  var deadline: ContinuousClock.Instant? {
    switch phase {
    // Events can be lost, so every transition has a deadline. Otherwise the record would never be removed.
    case .settling(let until):
      jobs.isEmpty ? until : max(until, (failedAt ?? until) + AutohealPolicy.longestJob)
    case .quiet: state == .failed ? nil : idleDeadline(after: AutohealPolicy.longestJob)
    case .waiting(let until), .watching(let until), .concluding(_, let until): until
    case .down(_, reportAt: nil) where state == .failed: nil
    case .down(_, let reportAt): reportAt ?? idleDeadline(after: AutohealPolicy.longestRecovery)
    case .recovering(let until): until ?? idleDeadline(after: AutohealPolicy.longestRecovery)
    case .inspecting, .checking, .starting: nil
    }
  }

  /// The time at which it has been without an event for this long.
  private func idleDeadline(after duration: Duration) -> ContinuousClock.Instant? {
    lastEventAt.map { $0 + duration }
  }

  /// Whether the record can be removed.
  var isRemovable: Bool {
    guard phase == .quiet, jobs.isEmpty else { return false }
    switch state {
    case .failed, .activating, .deactivating: return false
    case .active, .reloading, .inactive, .other, nil: return true
    }
  }

  /// Records a queued job.
  mutating func begin(_ job: UInt32, _ now: ContinuousClock.Instant) {
    lastEventAt = now
    guard !jobs.contains(job) else { return }
    // systemd has at most one or two jobs of a unit at a time.
    if jobs.count >= AutohealPolicy.maximumJobs { jobs.removeFirst() }
    jobs.append(job)
  }

  /// Records the end of a job.
  mutating func end(_ job: UInt32, _ now: ContinuousClock.Instant) {
    lastEventAt = now
    jobs.removeAll { $0 == job }
  }

  /// Removes all jobs, after events may have been lost.
  mutating func removeJobs() { jobs = [] }

  /// Removes jobs whose end was apparently not reported.
  mutating func removeExpiredJobs(_ now: ContinuousClock.Instant) {
    if let end = idleDeadline(after: AutohealPolicy.longestJob), end <= now { jobs = [] }
  }

  /// Sets the state.
  mutating func enter(_ state: UnitState, _ now: ContinuousClock.Instant) {
    self.state = state
    lastEventAt = now
  }

  /// Clears the restarts, after a long run or a manual start.
  mutating func clearHistory() {
    restarts = []
    streak = 0
  }
}

/// The `ActiveState` of a unit (org.freedesktop.systemd1(5)).
enum UnitState: String, Sendable {
  case active, reloading, inactive, failed, activating, deactivating
  /// A state of a later version of systemd.
  case other

  /// Creates the state with a name.
  init(_ text: String) {
    self = UnitState(rawValue: text) ?? .other
  }

  /// Whether the unit is running.
  var isRunning: Bool { self == .active || self == .reloading || self == .other }
}
