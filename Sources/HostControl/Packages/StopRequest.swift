import Locks

/// The wish that the update stops, which may come at any time and is heard where stopping does no harm.
final class StopRequest: Sendable {
  private struct State {
    var isMade = false
    var listener: AsyncStream<Void>.Continuation?
  }

  private let state = Locked(State())

  /// Whether it was made.
  var isMade: Bool { state.withLock { $0.isMade } }

  /// Makes it; it can't be taken back.
  func make() {
    let listener = state.withLock { state in
      state.isMade = true
      return state.listener.take()
    }
    listener?.finish()
  }

  /// Does something that is cancelled as soon as the request is made. One thing at a time.
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
