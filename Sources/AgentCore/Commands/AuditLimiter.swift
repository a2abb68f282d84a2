/// Bounds the audit lines of everything that has no effect on the machine: a pure value.
///
/// The lines of commands with effects are always logged and never pass here. The classes have rates of their own, so that a
/// flood of one leaves the lines of the others. What is beyond its rate is counted, for a summary.
struct AuditLimiter {
  /// A kind of commands that share a rate.
  enum Class: Hashable, CaseIterable {
    /// Queries.
    case query
    /// Control of the agent itself: `agent.cancel`, `telemetry.set_interval`.
    case control
    /// Commands that are refused or repeated, and messages that are dropped.
    case refusal
  }

  /// Commands of one class that are logged at once; each has two lines, of about 200 bytes.
  static let burst = 250
  /// Commands of one class that are logged each second after that. At this rate floods of all classes take half a day to
  /// rotate a line out of the log file.
  static let perSecond = 1.0
  /// More operations than the catalogue has.
  private static let maximumNames = 64

  private var limiters = [Class: RateLimiter](
    uniqueKeysWithValues: Class.allCases.map { ($0, RateLimiter(burst: burst, perSecond: perSecond)) })
  private var counts: [String: Int] = [:]

  /// Whether a command is logged at `info`; if not, it counts for the summary.
  mutating func admits(_ kind: Class, _ operation: String, at now: ContinuousClock.Instant = .now) -> Bool {
    if limiters[kind]?.admits(at: now) ?? false { return true }
    let name = counts[operation] != nil || counts.count < Self.maximumNames ? operation : ""
    counts[name, default: 0] += 1
    return false
  }

  /// The commands that were not logged since the last summary, by operation; those without a known operation have the key "".
  mutating func takeSummary() -> [String: Int] {
    defer { counts = [:] }
    return counts
  }
}
