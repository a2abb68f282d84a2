/// How much each actor writes to the audit record, and how full its stream is, as far as this instance knows. A value without clock and I/O.
struct AuditLimits: Sendable {
  var budget: AuditBudget
  var throttle = AlarmThrottle()
  var checkedAt = -Double.infinity
  var warnedAbove = 0
  /// How many bytes the stream had when it was last looked at, and how many it may have.
  var used: (bytes: Double, of: Double) = (0, .infinity)
  /// What was written since.
  var written = 0.0

  /// The number of the last entry that is known.
  var lastSequence: UInt64 = 0
  /// What may come between two entries of one instance.
  private static let usualGap: UInt64 = 64

  /// An entry of this instance was written.
  mutating func note(_ sequence: UInt64, size: Int, at now: Double) {
    written += Double(size)
    // Others write more than instances do: the stream has to be looked at.
    if sequence > lastSequence + Self.usualGap, now - checkedAt >= 1 { checkedAt = -.infinity }
    lastSequence = max(lastSequence, sequence)
  }

  /// Seconds between two looks at how full the stream is.
  var fillPeriod: Double { usedPercent < 90 ? 60 : 5 }

  /// How full the stream is, as far as this instance knows.
  var usedPercent: Double { (used.bytes + written) * 100 / max(used.of, 1) }
}
