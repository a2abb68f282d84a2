import Glibc

/// Unix time with fractions, as records and views have it.
enum WallClock {
  /// Seconds since 1970-01-01T00:00:00Z, by `CLOCK_REALTIME`.
  static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
