import Locks

/// Detects the end of a burst of commands: a minimum amount of work, followed by two seconds without any.
final class BurstMonitor: Sendable {
  private struct State {
    var total: UInt64 = 0
    var pending = 0
  }

  /// The work after which free memory is returned to the system, in bytes.
  private static let threshold = 2 << 20
  /// The idle time that ends a burst.
  private static let pause = Duration.seconds(2)
  /// The number of idle checks after which a longer burst counts as ended.
  private static let maximumPauses = 15

  private let state = Locked(State())
  private let signals = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

  /// Records work of about this many bytes.
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

  /// Reports the next idle moment as the end of a burst.
  func end() {
    signals.continuation.yield()
  }

  /// Waits for the end of a burst.
  ///
  /// - Returns: false when the task was cancelled.
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
