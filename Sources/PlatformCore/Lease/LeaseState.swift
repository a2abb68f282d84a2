/// The leader lease as one candidate observes it. Times are durations of a monotonic clock. No clock, no I/O.
///
/// Two instances never lead at once, provided that clocks run at about the same speed: a leader stops ``holdFor`` after the start of
/// its last successful renewal, and a candidate takes over only after it has observed the same revision for ``ttl``.
struct LeaseState: Sendable {
  /// The next step of a candidate.
  enum Step: Sendable, Equatable {
    /// Read the lease.
    case read
    /// Take over or renew the lease of this revision.
    case update(revision: UInt64)
  }

  /// A revision of the lease.
  struct Observation: Sendable, Equatable {
    var revision: UInt64
    /// The time since which it is known.
    var since: Duration
  }

  /// The time after which a lease that is not renewed expires.
  let ttl: Duration
  /// The time for which a leader continues without a renewal.
  let holdFor: Duration
  /// The lease of another instance.
  private(set) var lastObserved: Observation?
  /// The own lease, since the start of its last renewal.
  private(set) var held: Observation?

  /// Creates a candidate that has not read the lease yet.
  init(ttl: Duration) {
    self.ttl = ttl
    holdFor = ttl * 7 / 10
  }

  /// The time until which this candidate leads without a renewal; nil when it does not lead.
  var leadsUntil: Duration? { held.map { $0.since + holdFor } }

  /// The next step at a time.
  func step(at now: Duration) -> Step {
    if let held { return .update(revision: held.revision) }
    guard let lastObserved, now - lastObserved.since >= ttl else { return .read }
    return .update(revision: lastObserved.revision)
  }

  /// Records the lease of another instance.
  mutating func observed(revision: UInt64, at now: Duration) {
    held = nil
    if lastObserved?.revision != revision { lastObserved = Observation(revision: revision, since: now) }
  }

  /// Records that the lease was acquired or renewed.
  ///
  /// - Parameter now: The start of the request.
  mutating func acquired(revision: UInt64, begunAt now: Duration) {
    lastObserved = nil
    held = Observation(revision: revision, since: now)
  }

  /// Corrects the revision of the own lease without extending it.
  mutating func setRevision(_ revision: UInt64) { held?.revision = revision }

  /// Records a failed attempt to acquire the lease. The observation of another lease stays.
  mutating func failed() { held = nil }

  /// Whether another instance's lease is valid at a time: until its revision was observed unchanged for ``ttl``.
  func isValid(revision: UInt64, at now: Duration) -> Bool {
    guard let lastObserved, lastObserved.revision == revision else { return true }
    return now - lastObserved.since < ttl
  }

  /// Records that the lease was lost or released.
  mutating func lost() {
    held = nil
    lastObserved = nil
  }
}
