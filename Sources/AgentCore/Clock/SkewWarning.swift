/// Decides when a difference between the platform's clock and ours is worth a line in the log.
struct SkewWarning {
  /// A difference that is worth it, in seconds.
  static let threshold: Int64 = 60
  /// How long to keep quiet after a warning, in seconds.
  static let pause: Int64 = 600

  private var lastWarning: Int64?

  /// The difference in seconds (positive = our clock is ahead) if it should be told now.
  mutating func skew(sent: Int64, received: Int64) -> Int64? {
    let (difference, overflow) = received.subtractingReportingOverflow(sent)
    guard overflow || difference.magnitude > Self.threshold.magnitude else { return nil }
    if let lastWarning, (0..<Self.pause).contains(received &- lastWarning) { return nil }
    lastWarning = received
    return overflow ? (sent < 0 ? .max : .min) : difference
  }
}
