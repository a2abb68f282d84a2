import Glibc

/// A POSIX semaphore with the initial count 0.
///
/// Unchecked, as sem_post(3) and sem_wait(3) are safe on any thread and the pointer never changes.
package final class Semaphore: @unchecked Sendable {
  private let semaphore: UnsafeMutablePointer<sem_t>

  package init() {
    semaphore = .allocate(capacity: 1)
    semaphore.initialize(to: sem_t())
    sem_init(semaphore, 0, 0)
  }

  deinit {
    sem_destroy(semaphore)
    semaphore.deallocate()
  }

  package func signal() {
    sem_post(semaphore)
  }

  package func wait() {
    while sem_wait(semaphore) != 0, errno == EINTR {}
  }
}
