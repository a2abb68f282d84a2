import Logging
import UnixSignals

/// SIGTERM and SIGINT, which ask a program to end.
public enum StopSignals {
  /// Runs `body`, and calls `stop` once when the program is asked to end; a second time ends it at once.
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
