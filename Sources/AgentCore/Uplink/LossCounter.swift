import Synchronization

/// The number of results, alerts and snapshots that were lost. Heartbeats report it.
final class LossCounter: Sendable {
  private let count = Atomic<UInt64>(0)

  /// Creates a counter at 0.
  init() {}

  /// The current number.
  var value: UInt64 { count.load(ordering: .relaxed) }

  /// Adds a number of losses.
  func add(_ losses: Int) {
    count.wrappingAdd(UInt64(max(0, losses)), ordering: .relaxed)
  }
}
