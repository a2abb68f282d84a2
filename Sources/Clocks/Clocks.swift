import Glibc

/// The clock of the calendar, `CLOCK_REALTIME`. It can be set, and then jumps.
public enum WallClock {
  /// Seconds since 1970-01-01T00:00:00Z, with fractions.
  public static var now: Double { SystemClock.read(CLOCK_REALTIME).seconds }

  /// Whole seconds since 1970-01-01T00:00:00Z, and the nanoseconds after them.
  public static var reading: (seconds: Int, nanoseconds: Int) {
    let time = SystemClock.read(CLOCK_REALTIME)
    return (time.tv_sec, time.tv_nsec)
  }
}

/// The time of messages and records.
public enum UnixTime {
  /// Whole seconds since 1970-01-01T00:00:00Z, by ``WallClock``.
  public static var now: Int64 { Int64(SystemClock.read(CLOCK_REALTIME).tv_sec) }
}

/// The clock since boot, `CLOCK_BOOTTIME`. It cannot be set, and goes on while the machine is suspended.
public enum BootClock {
  /// Seconds since boot, with fractions.
  public static var now: Double { SystemClock.read(CLOCK_BOOTTIME).seconds }

  /// Whole milliseconds since boot.
  public static var milliseconds: Int64 {
    Int64(clamping: SystemClock.read(CLOCK_BOOTTIME).nanoseconds / 1_000_000)
  }
}

/// The clock of time-outs and rates, `CLOCK_MONOTONIC`. It cannot be set, and stands still while the machine is suspended.
public enum MonotonicClock {
  /// Nanoseconds since boot, without the time that the machine was suspended.
  public static func now() -> UInt64 { SystemClock.read(CLOCK_MONOTONIC).nanoseconds }

  /// The reading a duration after `start`: `start` itself for a negative duration, the largest number for one of more than 31 years.
  public static func time(_ duration: Duration, after start: UInt64) -> UInt64 {
    let (seconds, attoseconds) = duration.components
    guard seconds >= 0, attoseconds >= 0 else { return start }
    guard seconds < 1_000_000_000 else { return .max }
    return start &+ UInt64(seconds) &* 1_000_000_000 &+ UInt64(attoseconds / 1_000_000_000)
  }

  /// The time that has passed since a reading.
  public static func duration(since start: UInt64) -> Duration {
    .nanoseconds(Int64(clamping: now() &- start))
  }
}

/// The processor time of this process, `CLOCK_PROCESS_CPUTIME_ID`.
public enum ProcessorClock {
  /// Nanoseconds of all threads since the process started.
  public static var nanoseconds: UInt64 { SystemClock.read(CLOCK_PROCESS_CPUTIME_ID).nanoseconds }
}

private enum SystemClock {
  static func read(_ clock: clockid_t) -> timespec {
    var time = timespec()
    clock_gettime(clock, &time)
    return time
  }
}

extension timespec {
  fileprivate var seconds: Double { Double(tv_sec) + Double(tv_nsec) * 1e-9 }

  fileprivate var nanoseconds: UInt64 { UInt64(tv_sec) &* 1_000_000_000 &+ UInt64(tv_nsec) }
}

extension Duration {
  /// Whole milliseconds, rounded toward zero.
  public var wholeMilliseconds: Int64 {
    components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
  }
}
