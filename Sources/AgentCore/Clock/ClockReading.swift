import CLinux
import Clocks

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
    ClockReading(
      now: UnixTime.now, isSynchronised: linux_clock_is_synchronised(), sinceBoot: BootClock.milliseconds)
  }
}
