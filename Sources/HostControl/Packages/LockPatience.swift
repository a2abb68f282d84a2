/// How long an update goes on to wait for other programs to let go of the locks of apt and dpkg: all its waits together are
/// bounded, as it keeps the machine from shutting down meanwhile.
struct LockPatience: Sendable, Equatable {
  /// What is left of it.
  private(set) var rest: Duration

  /// A new one: less than the half hour that an update is given.
  init(_ rest: Duration = .seconds(25 * 60)) {
    self.rest = rest
  }

  /// Whether there was enough waiting.
  var isOver: Bool { rest <= .zero }

  /// Counts what was waited.
  mutating func spend(_ time: Duration) {
    rest -= time
  }
}
