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

  /// The moment that is a duration later, or earlier where it is negative; no moment is before 0.
  func advanced(by duration: Duration) -> MonotonicTime {
    MonotonicTime(
      nanoseconds: UInt64(clamping: Int64(clamping: nanoseconds) &+ duration.wholeNanoseconds))
  }

  func seconds(since earlier: MonotonicTime) -> Double {
    Double(increase(from: earlier.nanoseconds, to: nanoseconds)) / 1e9
  }

  static func < (left: MonotonicTime, right: MonotonicTime) -> Bool {
    left.nanoseconds < right.nanoseconds
  }
}

extension Duration {
  var wholeNanoseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds &* 1_000_000_000 &+ attoseconds / 1_000_000_000
  }
}
