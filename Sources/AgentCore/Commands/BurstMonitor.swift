import Locks

/// Notices the end of a burst of commands: that much was done, and nothing for some seconds.
final class BurstMonitor: Sendable {
  private struct State {
    var total: UInt64 = 0
    var pending = 0
  }

  /// Bytes of work that are worth a look at the memory afterwards.
  private static let threshold = 2 << 20
  /// How long nothing happens at the end of a burst.
  private static let pause = Duration.seconds(2)
  /// A burst that lasts longer is settled in between.
  private static let maximumPauses = 15

  private let state = Locked(State())
  private let signals = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

  /// Counts work that has taken so many bytes, about.
  func record(bytes: Int) {
    let isDue = state.withLock { state in
      state.total += 1
      state.pending += bytes
      guard state.pending >= Self.threshold else { return false }
      state.pending = 0
      return true
    }
    if isDue { end() }
  }

  /// Has the next quiet moment counted as the end of a burst.
  func end() {
    signals.continuation.yield()
  }

  /// Waits until a burst is over; false = the task was cancelled.
  func nextEnd() async -> Bool {
    for await _ in signals.stream {
      for _ in 0..<Self.maximumPauses {
        let before = state.withLock { $0.total }
        do { try await Task.sleep(for: Self.pause) } catch { return false }
        if state.withLock({ $0.total }) == before { break }
      }
      return true
    }
    return false
  }
}
