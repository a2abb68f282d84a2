import Synchronization

/// The number of programs that may have been started without being registered with the monitor.
///
/// Such a program looks like an orphan: a child of this process in another session. While the count is not zero, no process is
/// treated as an orphan. The spawner increments the count before it starts a program, and the monitor decrements it when it has
/// registered the program.
final class SpawnsInFlight: Sendable {
  private let count = Atomic(0)

  var isZero: Bool { count.load(ordering: .sequentiallyConsistent) == 0 }

  func add() {
    count.add(1, ordering: .sequentiallyConsistent)
  }

  func remove() {
    count.subtract(1, ordering: .sequentiallyConsistent)
  }
}
