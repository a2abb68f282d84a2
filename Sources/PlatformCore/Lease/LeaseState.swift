/// Who leads, as one candidate sees it: a pure value. Times are of a clock that never goes back, as durations since any moment.
///
/// Two do not lead at once, provided that clocks run at about the same speed: who leads stops ``holdFor`` after it began its last
/// renewalInterval that succeeded, and nobody else takes over before it has lastObserved the same revision for ``ttl``.
struct LeaseState: Sendable {
  /// What a candidate does next.
  enum Step: Sendable, Equatable {
    /// Look whether somebody leads.
    case look
    /// Take over or renew the lease that has this revision.
    case update(revision: UInt64)
  }

  /// What was found.
  struct Observation: Sendable, Equatable {
    var revision: UInt64
    /// Since when it has been so.
    var since: Duration
  }

  /// How long a lease stands that is not renewed.
  let ttl: Duration
  /// How long a leader goes on without renewing.
  let holdFor: Duration
  /// The lease of another one.
  private(set) var lastObserved: Observation?
  /// The revision of our own lease, and when its last renewalInterval began.
  private(set) var held: Observation?

  /// A candidate that has not looked yet.
  init(ttl: Duration) {
    self.ttl = ttl
    holdFor = ttl * 7 / 10
  }

  /// Until when this candidate leads, unless it renews; nil = it does not.
  var leadsUntil: Duration? { held.map { $0.since + holdFor } }

  /// What to do at a time.
  func step(at now: Duration) -> Step {
    if let held { return .update(revision: held.revision) }
    guard let lastObserved, now - lastObserved.since >= ttl else { return .look }
    return .update(revision: lastObserved.revision)
  }

  /// Another one's lease was found.
  mutating func observed(revision: UInt64, at now: Duration) {
    held = nil
    if lastObserved?.revision != revision { lastObserved = Observation(revision: revision, since: now) }
  }

  /// The lease was taken or renewed.
  ///
  /// - Parameter now: when that was begun.
  mutating func acquired(revision: UInt64, begunAt now: Duration) {
    lastObserved = nil
    held = Observation(revision: revision, since: now)
  }

  /// The lease of this candidate has another revision than was known; it is no newer for that.
  mutating func setRevision(_ revision: UInt64) { held?.revision = revision }

  /// An attempt to take the lease failed; what was lastObserved of another one's still counts.
  mutating func failed() { held = nil }

  /// Whether a lease that another one has stands at a time: it does until it was lastObserved without a renewalInterval for ``ttl``.
  func isValid(revision: UInt64, at now: Duration) -> Bool {
    guard let lastObserved, lastObserved.revision == revision else { return true }
    return now - lastObserved.since < ttl
  }

  /// The lease is another one's, or too old to be relied on.
  mutating func lost() {
    held = nil
    lastObserved = nil
  }
}
