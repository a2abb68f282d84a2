/// Limits the warnings about clock skew between the platform and this machine.
struct SkewWarning {
  /// The smallest skew that is logged, in seconds.
  static let threshold: Int64 = 60
  /// The minimum time between two warnings, in seconds.
  static let pause: Int64 = 600

  private var lastWarning: Int64?

  /// The skew to log now, in seconds; positive when this machine's clock is ahead. nil when there is nothing to log.
  mutating func skew(sent: Int64, received: Int64) -> Int64? {
    let (difference, overflow) = received.subtractingReportingOverflow(sent)
    guard overflow || difference.magnitude > Self.threshold.magnitude else { return nil }
    if let lastWarning, (0..<Self.pause).contains(received &- lastWarning) { return nil }
    lastWarning = received
    return overflow ? (sent < 0 ? .max : .min) : difference
  }
}
