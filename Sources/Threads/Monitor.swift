import Clocks
import Glibc

/// A value guarded by a mutex whose changes threads can wait for (pthread_cond_wait(3)).
///
/// Unchecked, as the value is accessed only while the mutex is held.
package final class Monitor<Value>: @unchecked Sendable {
  private var value: Value
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>

  package init(_ value: sending Value) {
    self.value = value
    mutex = .allocate(capacity: 1)
    mutex.initialize(to: pthread_mutex_t())
    pthread_mutex_init(mutex, nil)
    condition = .allocate(capacity: 1)
    condition.initialize(to: pthread_cond_t())
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    condition.deallocate()
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  /// Changes the value and wakes all waiting threads.
  package func update<Result: Sendable>(_ change: (inout Value) -> Result) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    let result = change(&value)
    pthread_cond_broadcast(condition)
    return result
  }

  /// Blocks until the value satisfies a predicate, which is evaluated after each update.
  package func wait(until predicate: (Value) -> Bool) {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while !predicate(value) { pthread_cond_wait(condition, mutex) }
  }

  /// Blocks until the value satisfies a predicate or the time is up; false in the latter case.
  package func wait(atMost timeout: Duration, until predicate: (Value) -> Bool) -> Bool {
    var deadline = Self.time(after: timeout)
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while !predicate(value) {
      if pthread_cond_timedwait(condition, mutex, &deadline) != 0 { return predicate(value) }
    }
    return true
  }

  private static func time(after timeout: Duration) -> timespec {
    let end = MonotonicClock.time(timeout, after: MonotonicClock.now())
    return timespec(tv_sec: Int(clamping: end / 1_000_000_000), tv_nsec: Int(end % 1_000_000_000))
  }
}
