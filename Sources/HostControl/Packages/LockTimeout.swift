/// The timeout of all waits of an update for locks of apt and dpkg together, during which it blocks a shutdown.
struct LockTimeout: Sendable, Equatable {
  private(set) var remaining: Duration

  /// By default less than the half hour that an update may take.
  init(_ remaining: Duration = .seconds(25 * 60)) {
    self.remaining = remaining
  }

  var isExpired: Bool { remaining <= .zero }

  /// Subtracts the time of one wait.
  mutating func subtract(_ time: Duration) {
    remaining -= time
  }
}
