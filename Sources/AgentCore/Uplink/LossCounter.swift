import Synchronization

/// How many results and snapshots are gone for good: reported with each heartbeat.
final class LossCounter: Sendable {
  private let count = Atomic<UInt64>(0)

  /// A counter at 0.
  init() {}

  /// The number so far.
  var value: UInt64 { count.load(ordering: .relaxed) }

  /// Adds to it.
  func add(_ losses: Int) {
    count.wrappingAdd(UInt64(max(0, losses)), ordering: .relaxed)
  }
}
