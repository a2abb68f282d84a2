import Locks

/// A thread-safe mutable value, which a test changes while a client reads it.
package final class MutableBox<Value: Sendable>: Sendable {
  private let stored: Locked<Value>

  package init(_ value: Value) {
    stored = Locked(value)
  }

  package var value: Value {
    get { stored.withLock { $0 } }
    set { stored.withLock { $0 = newValue } }
  }
}
