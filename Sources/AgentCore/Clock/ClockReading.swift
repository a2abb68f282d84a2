import AgentProtocol
import CLinux
import Glibc

/// A reading of this machine's clocks at one instant.
struct ClockReading: Sendable, Equatable {
  /// `CLOCK_REALTIME`, in unix seconds.
  let now: Int64
  /// Whether the kernel reports `CLOCK_REALTIME` as synchronised.
  let isSynchronised: Bool
  /// `CLOCK_BOOTTIME`, in milliseconds. It is never set, and continues while the machine is suspended.
  let sinceBoot: Int64

  /// Creates a reading.
  init(now: Int64, isSynchronised: Bool, sinceBoot: Int64 = 0) {
    self.now = now
    self.isSynchronised = isSynchronised
    self.sinceBoot = sinceBoot
  }

  /// The current reading, with the synchronisation state of adjtimex(2).
  static var current: ClockReading {
    var time = timespec()
    clock_gettime(CLOCK_BOOTTIME, &time)
    return ClockReading(
      now: UnixTime.now, isSynchronised: linux_clock_is_synchronised(),
      sinceBoot: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
  }
}
