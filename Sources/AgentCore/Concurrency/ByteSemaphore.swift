import DequeModule
import Locks

/// A counting semaphore over bytes that bounds the memory held by many tasks. Waiters are served in order.
final class ByteSemaphore: Sendable {
  private struct State {
    var reserved = 0
    var waiting: Deque<(bytes: Int, continuation: CheckedContinuation<Void, Never>)> = []
  }

  private let limit: Int
  private let state = Locked(State())

  /// Creates a semaphore with a number of bytes.
  init(_ limit: Int) {
    self.limit = limit
  }

  /// The number of waiting tasks.
  var waitingCount: Int { state.withLock { $0.waiting.count } }

  /// Reserves bytes, and waits until they are available. A request beyond the limit is granted once nothing else is reserved.
  /// Cancellation does not end the wait.
  func reserve(_ bytes: Int) async {
    await withCheckedContinuation { continuation in
      let isGranted = state.withLock { state in
        guard state.waiting.isEmpty, fits(bytes, state) else {
          state.waiting.append((bytes, continuation))
          return false
        }
        state.reserved += bytes
        return true
      }
      if isGranted { continuation.resume() }
    }
  }

  /// Reserves bytes if they are available and no task waits.
  ///
  /// - Returns: Whether the bytes were reserved.
  func tryReserve(_ bytes: Int) -> Bool {
    state.withLock { state in
      guard state.waiting.isEmpty, fits(bytes, state) else { return false }
      state.reserved += bytes
      return true
    }
  }

  /// Waits until bytes are available, in the order of ``reserve(_:)``, without reserving them.
  func waitUntilAvailable(_ bytes: Int) async {
    await reserve(bytes)
    release(bytes)
  }

  /// Releases reserved bytes.
  func release(_ bytes: Int) {
    let granted = state.withLock { state in
      state.reserved -= bytes
      var granted: [CheckedContinuation<Void, Never>] = []
      while let next = state.waiting.first, fits(next.bytes, state) {
        state.waiting.removeFirst()
        state.reserved += next.bytes
        granted.append(next.continuation)
      }
      return granted
    }
    for continuation in granted { continuation.resume() }
  }

  private func fits(_ bytes: Int, _ state: State) -> Bool {
    state.reserved == 0 || state.reserved + bytes <= limit
  }
}
