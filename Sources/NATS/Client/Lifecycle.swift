/// How far a client has come. Used under a lock.
struct Lifecycle {
  var state: NATSClientState = .connecting
  var lastConnectionID: UInt64 = 0
  var isRunning = false

  /// Changes the state, which can't go back from draining or closed.
  mutating func move(to new: NATSClientState) {
    switch (state, new) {
    case (.closed, _): break
    case (.draining, .closed): state = new
    case (.draining, _): break
    default: state = new
    }
  }
}
