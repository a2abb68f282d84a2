import AgentProtocol
import CLinux

/// The time that expiry is judged by.
struct GateTime: Sendable, Equatable {
  /// This machine's clock, in unix seconds.
  let now: Int64
  /// Whether the kernel says that this clock is synchronised.
  let isSynchronised: Bool

  /// A time.
  init(now: Int64, isSynchronised: Bool) {
    self.now = now
    self.isSynchronised = isSynchronised
  }

  /// The time by this machine, with what adjtimex(2) says of it.
  static var current: GateTime {
    GateTime(now: UnixTime.now, isSynchronised: linux_clock_is_synchronised())
  }

  /// Whether `expiry` has passed. While this machine's clock is not synchronised, the time at which the command was made is
  /// the only one that can be trusted.
  func isPast(_ expiry: Int64, sentAt: Int64?) -> Bool {
    let judged = isSynchronised ? now : sentAt ?? now
    return judged > expiry
  }
}
