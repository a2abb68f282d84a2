import Logging
import UnixSignals

/// SIGTERM, SIGINT and SIGHUP as requests to stop.
public enum StopSignals {
  /// Runs `body`, and calls `stop` at each signal. The second signal cancels `body`.
  public static func handle(
    stop: @escaping @Sendable () -> Void, while body: @escaping @Sendable () async throws -> Void
  ) async throws {
    let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
    try await withThrowingTaskGroup(of: Bool.self) { group in
      group.addTask {
        try await body()
        return true
      }
      group.addTask {
        var count = 0
        for await _ in signals {
          count += 1
          stop()
          if count == 2 { return true }
        }
        return false
      }
      while try await group.next() == false {}
      group.cancelAll()
    }
  }
}
