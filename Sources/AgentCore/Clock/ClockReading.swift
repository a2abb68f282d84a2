import AgentProtocol
import CLinux
import Glibc

/// What this machine's clocks show at one instant.
struct ClockReading: Sendable, Equatable {
  /// `CLOCK_REALTIME`, in unix seconds.
  let now: Int64
  /// Whether the kernel says that `CLOCK_REALTIME` is synchronised.
  let isSynchronised: Bool
  /// `CLOCK_BOOTTIME`, in milliseconds: it is never set, and goes on while the machine is suspended.
  let sinceBoot: Int64

  /// A reading.
  init(now: Int64, isSynchronised: Bool, sinceBoot: Int64 = 0) {
    self.now = now
    self.isSynchronised = isSynchronised
    self.sinceBoot = sinceBoot
  }

  /// The clocks now, with what adjtimex(2) says of them.
  static var current: ClockReading {
    var time = timespec()
    clock_gettime(CLOCK_BOOTTIME, &time)
    return ClockReading(
      now: UnixTime.now, isSynchronised: linux_clock_is_synchronised(),
      sinceBoot: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
  }
}
