/// Byte budgets, alarm throttle and fill level of the audit record, as far as this instance knows. No clock, no I/O.
struct AuditLimits: Sendable {
  var budget: AuditBudget
  var throttle = AlarmThrottle()
  var checkedAt = -Double.infinity
  var warnedAbove = 0
  /// The size and the limit of the stream in bytes when it was last queried.
  var used: (bytes: Double, of: Double) = (0, .infinity)
  /// The bytes written since then.
  var written = 0.0

  /// The sequence of the newest known entry.
  var lastSequence: UInt64 = 0
  /// The most entries that other instances usually add between two entries of this one.
  private static let usualGap: UInt64 = 64

  /// Records that an entry of this instance was stored.
  mutating func recordWrite(_ sequence: UInt64, size: Int, at now: Double) {
    written += Double(size)
    // More entries than instances write: query the stream again.
    if sequence > lastSequence + Self.usualGap, now - checkedAt >= 1 { checkedAt = -.infinity }
    lastSequence = max(lastSequence, sequence)
  }

  /// The time between two queries of the fill level, in seconds.
  var fillPeriod: Double { usedPercent < 90 ? 60 : 5 }

  /// The fill level in percent.
  var usedPercent: Double { (used.bytes + written) * 100 / max(used.of, 1) }
}
