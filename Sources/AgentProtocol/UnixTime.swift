import Glibc

/// Wall-clock time as the wire carries it.
public enum UnixTime {
  /// Whole seconds since 1970-01-01T00:00:00Z, by `CLOCK_REALTIME`.
  public static var now: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec)
  }
}
