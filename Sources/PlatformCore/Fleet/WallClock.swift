import Glibc

/// The wall clock, in the unit of records and views.
enum WallClock {
  /// Unix seconds with fractions, by `CLOCK_REALTIME`.
  static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
