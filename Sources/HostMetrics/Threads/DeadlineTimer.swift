import CLinux
import Glibc

/// A timer that a thread waits for and others set. Setting it wakes nobody, so that a deadline that is
/// met costs two system calls (timerfd_create(2)).
struct DeadlineTimer: Sendable {
  private let descriptor: Int32

  /// Creates a timer that is not set; `nil` where the process has no descriptor left.
  init?() {
    descriptor = linux_timer_create()
    if descriptor < 0 { return nil }
  }

  /// Lets it ring after some time, then again and again; a first time of zero stops it.
  func set(first: Duration, then interval: Duration) {
    linux_timer_set(descriptor, first.wholeNanoseconds, interval.wholeNanoseconds)
  }

  /// Waits until it rings.
  func wait() {
    var count: UInt64 = 0
    while read(descriptor, &count, MemoryLayout<UInt64>.size) < 0, errno == EINTR {}
  }

  func close() {
    Glibc.close(descriptor)
  }
}
