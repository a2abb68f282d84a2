import Glibc
import Locks

/// What keeps the machine from being shut down, until it is released or nobody holds it any more.
public final class Inhibitor: Sendable {
  private let descriptor: Locked<Int32>

  init(descriptor: Int32) {
    self.descriptor = Locked(descriptor)
  }

  deinit {
    release()
  }

  /// Ends it. A second time does nothing.
  public func release() {
    let open = descriptor.withLock { descriptor in
      defer { descriptor = -1 }
      return descriptor
    }
    if open >= 0 { close(open) }
  }
}
