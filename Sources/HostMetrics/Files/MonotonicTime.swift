import Glibc

/// A moment of the clock that nobody can set and that stands still while the machine is suspended, as the
/// kernel's counters do.
struct MonotonicTime: Sendable, Comparable {
  let nanoseconds: UInt64

  static func now() -> MonotonicTime {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return MonotonicTime(nanoseconds: UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec))
  }

  func duration(since earlier: MonotonicTime) -> Duration {
    .nanoseconds(Int64(clamping: increase(from: earlier.nanoseconds, to: nanoseconds)))
  }

  func seconds(since earlier: MonotonicTime) -> Double {
    Double(increase(from: earlier.nanoseconds, to: nanoseconds)) / 1e9
  }

  static func < (left: MonotonicTime, right: MonotonicTime) -> Bool {
    left.nanoseconds < right.nanoseconds
  }
}
