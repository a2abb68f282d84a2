public import Glibc

/// A value that one thread at a time may use.
///
/// It is pthread_mutex(3) and not `Synchronization.Mutex`, which on Linux is a futex that the thread sanitizer knows nothing
/// of: it would report a race at each of its critical sections. Unchecked, as the value is touched under the lock only.
public final class Locked<Value>: @unchecked Sendable {
  @usableFromInline var value: Value
  @usableFromInline let mutex: UnsafeMutablePointer<pthread_mutex_t>

  /// A value behind a lock that nobody holds.
  public init(_ value: sending Value) {
    self.value = value
    mutex = .allocate(capacity: 1)
    mutex.initialize(to: pthread_mutex_t())
    pthread_mutex_init(mutex, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  /// Runs a closure with the value; it must not wait for anything.
  @inlinable
  public func withLock<Result: Sendable, Failure>(
    _ body: (inout Value) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body(&value)
  }
}
