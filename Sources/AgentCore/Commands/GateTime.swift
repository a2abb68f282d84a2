import AgentProtocol
import Glibc

/// The time that expiry is judged by.
public struct GateTime: Sendable, Equatable {
  /// This machine's clock, in unix seconds.
  public let now: Int64
  /// Whether the kernel says that this clock is synchronised.
  public let isSynchronised: Bool

  /// A time.
  public init(now: Int64, isSynchronised: Bool) {
    self.now = now
    self.isSynchronised = isSynchronised
  }

  /// The time by this machine, with what adjtimex(2) says of it.
  public static var current: GateTime {
    var state = timex()
    let result = adjtimex(&state)
    return GateTime(now: UnixTime.now, isSynchronised: result >= 0 && state.status & STA_UNSYNC == 0)
  }

  /// Whether `expiry` has passed. While this machine's clock is not synchronised, the time at which the command was made is
  /// the only one that can be trusted.
  public func isPast(_ expiry: Int64, sentAt: Int64?) -> Bool {
    let judged = isSynchronised ? now : sentAt ?? now
    return judged > expiry
  }
}
