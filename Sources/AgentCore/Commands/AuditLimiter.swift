/// Limits the rate of audit lines for commands without an effect on the machine. No I/O.
///
/// Commands with effects are always logged and do not pass through this limiter. Each class has its own rate, so that a flood
/// of one class does not suppress the others. Commands beyond the rate are counted for a summary.
struct AuditLimiter {
  /// A class of commands that share a rate.
  enum Class: Hashable, CaseIterable {
    case query
    /// Control of the agent itself: `agent.cancel`, `telemetry.set_interval`.
    case control
    /// Rejected and repeated commands, and dropped messages.
    case refusal
  }

  /// The burst of commands per class that is logged in full. A command takes two lines of about 200 bytes.
  static let burst = 250
  /// Commands per class and second that are logged after the burst. At this rate, floods of all classes take half a day to
  /// rotate a line out of the log file.
  static let perSecond = 1.0
  /// The number of operations to count separately; the catalogue has fewer.
  private static let maximumNames = 64

  private var limiters = [Class: RateLimiter](
    uniqueKeysWithValues: Class.allCases.map { ($0, RateLimiter(burst: burst, perSecond: perSecond)) })
  private var counts: [String: Int] = [:]

  /// Whether to log a command at `info`. If not, it is counted for the summary.
  mutating func admits(_ kind: Class, _ operation: String, at now: ContinuousClock.Instant = .now) -> Bool {
    if limiters[kind]?.admits(at: now) ?? false { return true }
    let name = counts[operation] != nil || counts.count < Self.maximumNames ? operation : ""
    counts[name, default: 0] += 1
    return false
  }

  /// Returns and resets the number of commands that were not logged, by operation. The key "" stands for unknown operations.
  mutating func takeSummary() -> [String: Int] {
    defer { counts = [:] }
    return counts
  }
}
