import DequeModule
import Locks

/// A bound on memory that many tasks hold together: whoever would exceed it waits until others have given theirs back.
final class ByteSemaphore: Sendable {
  private struct State {
    var reserved = 0
    var waiting: Deque<(bytes: Int, continuation: CheckedContinuation<Void, Never>)> = []
  }

  private let limit: Int
  private let state = Locked(State())

  /// A budget of so many bytes.
  init(_ limit: Int) {
    self.limit = limit
  }

  /// How many wait for their part.
  var waitingCount: Int { state.withLock { $0.waiting.count } }

  /// Takes a part of the budget, in the order of asking. What is larger than the whole budget gets it when all is there.
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

  /// Takes a part of the budget if it is free and nothing waits for one.
  ///
  /// - Returns: Whether it was taken.
  func tryReserve(_ bytes: Int) -> Bool {
    state.withLock { state in
      guard state.waiting.isEmpty, fits(bytes, state) else { return false }
      state.reserved += bytes
      return true
    }
  }

  /// Gives a part back.
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
