import CLinux
import Glibc
import HostMetrics

/// A timer that one thread waits for and other threads set (timerfd_create(2)). Setting it wakes no thread, so that
/// a deadline that does not expire costs two system calls.
struct DeadlineTimer: Sendable {
  private let descriptor: Int32

  /// Creates a timer that is not set; `nil` if the process has no descriptor left.
  init?() {
    descriptor = linux_timer_create()
    if descriptor < 0 { return nil }
  }

  /// Sets the first expiration and the interval of the next ones. A first time of zero stops the timer.
  func set(first: Duration, then interval: Duration) {
    linux_timer_set(descriptor, first.wholeNanoseconds, interval.wholeNanoseconds)
  }

  /// Blocks until the timer expires.
  func wait() {
    var count: UInt64 = 0
    while read(descriptor, &count, MemoryLayout<UInt64>.size) < 0, errno == EINTR {}
  }

  func close() {
    Glibc.close(descriptor)
  }
}
