/// A reading of a clock that can't be set and that stops while the machine is suspended, like the kernel's counters.
package struct MonotonicTime: Sendable, Comparable {
  package let nanoseconds: UInt64

  package init(nanoseconds: UInt64) {
    self.nanoseconds = nanoseconds
  }

  /// The time after a duration, or before it if the duration is negative; at least 0.
  package func advanced(by duration: Duration) -> MonotonicTime {
    MonotonicTime(
      nanoseconds: UInt64(clamping: Int64(clamping: nanoseconds) &+ duration.wholeNanoseconds))
  }

  package func seconds(since earlier: MonotonicTime) -> Double {
    Double(increase(from: earlier.nanoseconds, to: nanoseconds)) / 1e9
  }

  package static func < (left: MonotonicTime, right: MonotonicTime) -> Bool {
    left.nanoseconds < right.nanoseconds
  }
}

extension Duration {
  package var wholeNanoseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds &* 1_000_000_000 &+ attoseconds / 1_000_000_000
  }
}
