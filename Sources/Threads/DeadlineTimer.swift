import CLinux
import Glibc

/// A timer that one thread waits for and other threads set (timerfd_create(2)).
///
/// Setting it wakes no thread, so a deadline that is met costs two system calls.
package struct DeadlineTimer: Sendable {
  private let descriptor: Int32

  /// Creates a timer that is not set.
  package init() throws(ThreadError) {
    descriptor = linux_timer_create()
    if descriptor < 0 { throw ThreadError(errno: errno) }
  }

  /// Sets the times of the first expiration and of those that follow. A first time of zero disarms the timer, an interval of
  /// zero makes it expire once.
  package func set(first: Duration, interval: Duration = .zero) {
    linux_timer_set(descriptor, Self.nanoseconds(first), Self.nanoseconds(interval))
  }

  /// Blocks until the timer expires.
  package func wait() {
    var count: UInt64 = 0
    while read(descriptor, &count, MemoryLayout<UInt64>.size) < 0, errno == EINTR {}
  }

  package func close() {
    Glibc.close(descriptor)
  }

  private static func nanoseconds(_ duration: Duration) -> Int64 {
    let (seconds, attoseconds) = duration.components
    return seconds &* 1_000_000_000 &+ attoseconds / 1_000_000_000
  }
}
