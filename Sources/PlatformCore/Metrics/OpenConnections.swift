import Locks

/// A counter of connections, with a limit.
final class OpenConnections: Sendable {
  private let limit: Int
  private let count = Locked(0)

  init(limit: Int) {
    self.limit = limit
  }

  /// Counts a connection.
  ///
  /// - Returns: False when the limit is reached.
  func enter() -> Bool {
    count.withLock { count in
      guard count < limit else { return false }
      count += 1
      return true
    }
  }

  func leave() { count.withLock { $0 -= 1 } }
}
