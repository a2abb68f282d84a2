import Locks

/// Records events of several tasks, in order.
final class Recorder: Sendable {
  let changed = Broadcast()
  private let state = Locked<[String]>([])

  var entries: [String] { state.withLock { $0 } }

  func add(_ entry: String) {
    state.withLock { $0.append(entry) }
    changed.signal()
  }
}
