import Glibc

/// CLOCK_MONOTONIC in nanoseconds.
enum MonotonicClock {
  static func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
  }

  /// `duration` from `start` on; the past for a negative one, the far future for one too long to count.
  static func time(_ duration: Duration, after start: UInt64) -> UInt64 {
    let (seconds, attoseconds) = duration.components
    guard seconds >= 0, attoseconds >= 0 else { return start }
    guard seconds < 1_000_000_000 else { return .max }
    return start &+ UInt64(seconds) &* 1_000_000_000 &+ UInt64(attoseconds / 1_000_000_000)
  }

  static func duration(since start: UInt64) -> Duration {
    .nanoseconds(Int64(clamping: now() &- start))
  }
}
