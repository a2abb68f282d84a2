/// What autoheal remembers of one service while there is something to remember.
struct UnitWatch: Sendable {
  /// What is going on with it.
  enum Phase: Sendable, Equatable {
    /// It did not fail lately.
    case quiet
    /// It has failed, and may go on by itself in a moment: systemd shows `failed` before each restart of its own.
    case settling(until: ContinuousClock.Instant)
    /// It has failed, and its traits are being looked up.
    case inspecting
    /// It has failed and will be restarted.
    case waiting(until: ContinuousClock.Instant)
    /// Its restart is due, and its traits are being looked up again: much may have changed meanwhile.
    case checking
    /// It is being restarted by the agent.
    case starting
    /// That is over; events of it may still be on their way.
    case concluding(RestartOutcome, until: ContinuousClock.Instant)
    /// It has failed and will be left alone. With a time, that is told then, if it is still so.
    case down(reason: String, reportAt: ContinuousClock.Instant?)
    /// It no longer is failed, but not yet for long enough to call it recovered.
    case recovering(until: ContinuousClock.Instant?)
    /// It has recovered, and what it did is remembered for a while.
    case watching(until: ContinuousClock.Instant)
  }

  /// What became of a restart by the agent.
  enum RestartOutcome: Sendable, Equatable {
    /// The job ended with this result, or there was no answer for this reason.
    case ended(String)
    /// systemd did not begin with it, for this reason.
    case refused(String)
    /// It is not waited for any longer.
    case unfinished
  }

  var phase = Phase.quiet
  /// The last state that systemd told; nil before it told any.
  private(set) var state: UnitState?
  /// Since when it has been active without a break.
  var activeSince: ContinuousClock.Instant?
  /// When it failed last.
  var failedAt: ContinuousClock.Instant?
  /// Its jobs that wait or run, oldest first.
  private(set) var jobs: [UInt32] = []
  /// When it last did something: another state, or a job that came or went.
  private(set) var lastEventAt: ContinuousClock.Instant?
  /// It was asked to stop, and is at it or failed at it.
  var isBeingStopped = false
  /// It did something since it failed.
  var hasRun = false

  /// Its failure was told, and not yet that it is over.
  var isReported = false
  /// When failures were told, in the last ten minutes.
  var reportedAt: [ContinuousClock.Instant] = []
  /// Why it was not to be restarted, when that was told last.
  var lastReason: (text: String, reportedAt: ContinuousClock.Instant)?
  /// When the agent restarted it, in the last ten minutes.
  var restarts: [ContinuousClock.Instant] = []
  /// How many restarts there were since it last ran for long: each doubles the next delay.
  var streak = 0

  /// When it needs to be looked at again, unless something happens before.
  var deadline: ContinuousClock.Instant? {
    switch phase {
    // What goes on is over some time, even when nobody tells its end: else it would be remembered forever.
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

  /// When nothing was heard for so long.
  private func idleDeadline(after duration: Duration) -> ContinuousClock.Instant? {
    lastEventAt.map { $0 + duration }
  }

  /// Whether nothing of it need be remembered.
  var isForgettable: Bool {
    guard phase == .quiet, jobs.isEmpty else { return false }
    switch state {
    case .failed, .activating, .deactivating: return false
    case .active, .reloading, .inactive, .other, nil: return true
    }
  }

  /// A job has been queued.
  mutating func begin(_ job: UInt32, _ now: ContinuousClock.Instant) {
    lastEventAt = now
    guard !jobs.contains(job) else { return }
    // systemd has one or two of a unit at a time.
    if jobs.count >= AutohealPolicy.maximumJobs { jobs.removeFirst() }
    jobs.append(job)
  }

  /// A job is over.
  mutating func end(_ job: UInt32, _ now: ContinuousClock.Instant) {
    lastEventAt = now
    jobs.removeAll { $0 == job }
  }

  /// The jobs are not known any more.
  mutating func forgetJobs() { jobs = [] }

  /// Forgets jobs whose end seems to have gone by untold.
  mutating func forgetOldJobs(_ now: ContinuousClock.Instant) {
    if let end = idleDeadline(after: AutohealPolicy.longestJob), end <= now { jobs = [] }
  }

  /// It is in another state now.
  mutating func enter(_ state: UnitState, _ now: ContinuousClock.Instant) {
    self.state = state
    lastEventAt = now
  }

  /// Forgets the restarts: it ran for long, or somebody else has taken it in hand.
  mutating func clearHistory() {
    restarts = []
    streak = 0
  }
}

/// The states of a unit as systemd tells them (`ActiveState` of org.freedesktop.systemd1(5)).
enum UnitState: String, Sendable {
  case active, reloading, inactive, failed, activating, deactivating
  /// One that only later versions have.
  case other

  /// The state that systemd calls so.
  init(_ text: String) {
    self = UnitState(rawValue: text) ?? .other
  }

  /// Whether it runs.
  var isRunning: Bool { self == .active || self == .reloading || self == .other }
}
