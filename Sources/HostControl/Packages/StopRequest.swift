import Locks

/// A cooperative stop request, which takes effect only before packages are installed.
final class StopRequest: Sendable {
  private struct State {
    var isMade = false
    var listener: AsyncStream<Void>.Continuation?
  }

  private let state = Locked(State())

  var isMade: Bool { state.withLock { $0.isMade } }

  /// Requests the stop, irrevocably.
  func make() {
    let listener = state.withLock { state in
      state.isMade = true
      return state.listener.take()
    }
    listener?.finish()
  }

  /// Runs an operation that is cancelled when the stop is requested. Supports one operation at a time.
  ///
  /// - Returns: Its result; nil when the stop was requested before.
  func interrupting<Result: Sendable>(_ body: @escaping @Sendable () async -> Result) async -> Result? {
    let (requests, listener) = AsyncStream<Void>.makeStream()
    let isMade = state.withLock { state in
      state.listener = listener
      return state.isMade
    }
    if isMade { return nil }
    return await withTaskGroup(of: Result?.self) { group in
      group.addTask { await body() }
      group.addTask {
        for await _ in requests {}
        return nil
      }
      var result: Result?
      for await ended in group {
        result = result ?? ended
        group.cancelAll()
      }
      return result
    }
  }
}
