import CLinuxProcess
import Glibc

/// Detached threads that block all signals.
package enum Thread {
  /// Enough for code without deep recursion. A thread that hangs in a system call holds no more.
  package static let defaultStackSize = 512 << 10

  /// Starts a thread. It ends when `body` returns; it cannot be joined.
  ///
  /// - Parameters:
  ///   - name: Shown by `top -H`. Linux cuts it after 15 bytes.
  ///   - stackSize: In bytes.
  package static func start(
    name: String, stackSize: Int = defaultStackSize, body: @escaping @Sendable () -> Void
  ) throws(ThreadError) {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    pthread_attr_setstacksize(&attributes, stackSize)

    // A new thread inherits the signal mask of its creator. A signal delivered to it would only interrupt a system call.
    var all = sigset_t()
    var previous = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &previous)
    defer { pthread_sigmask(SIG_SETMASK, &previous, nil) }

    let start = Unmanaged.passRetained(Start(name: name, body: body))
    var thread = pthread_t()
    let result = pthread_create(
      &thread, &attributes,
      { context in
        guard let context else { return nil }
        let start = Unmanaged<Start>.fromOpaque(context).takeRetainedValue()
        clp_name_thread(start.name)
        start.body()
        return nil
      }, start.toOpaque())
    guard result == 0 else {
      start.release()
      throw ThreadError(errno: result)
    }
  }

  private final class Start: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
      self.name = name
      self.body = body
    }
  }
}

/// A thread, or the descriptor that it waits on, could not be created.
package struct ThreadError: Error {
  package let errno: Int32

  package init(errno: Int32) {
    self.errno = errno
  }
}
