import Glibc
import Locks

/// An inhibitor lock of systemd-logind, which is held until it is released or deinitialised.
public final class Inhibitor: Sendable {
  private let descriptor: Locked<Int32>

  init(descriptor: Int32) {
    self.descriptor = Locked(descriptor)
  }

  deinit {
    release()
  }

  /// Releases the lock. Later calls have no effect.
  public func release() {
    let open = descriptor.withLock { descriptor in
      defer { descriptor = -1 }
      return descriptor
    }
    if open >= 0 { close(open) }
  }
}
