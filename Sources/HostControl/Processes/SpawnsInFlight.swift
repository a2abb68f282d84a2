import Synchronization

/// How many programs may have been started that the monitor does not know yet.
///
/// Such a program looks like an orphan: a child of this process in another session. So while the
/// count is not zero nothing is held to be an orphan. The spawner adds one before it starts a program;
/// the monitor takes it away when it has noted that program.
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
