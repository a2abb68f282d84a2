/// The state of a client over its life. Accessed under a lock.
struct Lifecycle {
  var state: NATSClientState = .connecting
  var lastConnectionID: UInt64 = 0
  var isRunning = false

  /// Changes the state. A draining client can only be closed, and a closed client stays closed.
  mutating func move(to new: NATSClientState) {
    switch (state, new) {
    case (.closed, _): break
    case (.draining, .closed): state = new
    case (.draining, _): break
    default: state = new
    }
  }
}
