import Locks
import NIOCore

extension NATSClient {
  /// How long a server may stay silent before the next one is tried beside it.
  private static let headStart = TimeAmount.seconds(1)
  /// Attempts under way at once.
  private static let maximumAttempts = 4

  private enum Step {
    case attempt(UInt64, NATSServerAddress, Result<LiveConnection, NATSError>)
    case time
  }

  /// Tries servers one after another until one works. One that stays silent does not hold up the others: after a moment the
  /// next one is tried beside it. Credentials are sent to one server at a time, the first one that is reached.
  ///
  /// - Parameters:
  ///   - next: the next attempt; nil while there is none. One without a delay is made. Its argument is the number of
  ///     attempts under way. What it throws ends the race.
  ///   - failed: called for each attempt that failed.
  /// - Returns: nil if the task was cancelled.
  func race(
    next: (_ underWay: Int) throws(NATSError) -> ServerPool.Attempt?,
    failed: (NATSServerAddress, NATSError) -> Void
  ) async throws(NATSError) -> LiveConnection? {
    let claim = AttemptClaim()
    let result: Result<LiveConnection?, NATSError> = await withTaskGroup(of: Step.self) { group in
      defer { group.cancelAll() }
      var underWay: [UInt64: NATSServerAddress] = [:]
      defer { pool.withLock { pool in underWay.values.forEach { pool.abandoned($0) } } }
      var lastID: UInt64 = 0
      var notBefore = NIODeadline.now()
      var timer: NIODeadline?
      while !Task.isCancelled {
        let now = NIODeadline.now()
        var due: NIODeadline?
        // One that answered has all the time it needs.
        if underWay.count < Self.maximumAttempts, !claim.isTaken {
          if !underWay.isEmpty, notBefore > now {
            due = notBefore
          } else {
            let attempt: ServerPool.Attempt?
            do throws(NATSError) { attempt = try next(underWay.count) } catch { return .failure(error) }
            if let attempt, attempt.delay <= .zero {
              lastID += 1
              let id = lastID
              underWay[id] = attempt.address
              pool.withLock { $0.began(attempt.address) }
              notBefore = now + Self.headStart
              group.addTask { await self.attempt(id, attempt.address, claim) }
              continue
            }
            due = attempt.map { now + $0.delay }
          }
        }
        if let due, timer.map({ $0 > due }) ?? true {
          timer = due
          group.addTask { await Self.timer(due) }
        }
        switch await group.next() {
        case .time?:
          timer = nil
        case .attempt(_, _, .success(let connection))?:
          return .success(connection)
        case .attempt(let id, let server, .failure(let error))?:
          underWay[id] = nil
          if Task.isCancelled { return .success(nil) }
          pool.withLock { $0.abandoned(server) }
          if !claim.wasRefused(id) { failed(server, error) }
        case nil:
          return .success(nil)
        }
      }
      return .success(nil)
    }
    return try result.get()
  }

  private func attempt(_ id: UInt64, _ server: NATSServerAddress, _ claim: AttemptClaim) async -> Step {
    do throws(NATSError) {
      return .attempt(id, server, .success(try await connect(to: server) { claim.take(id) }))
    } catch {
      claim.release(id)
      return .attempt(id, server, .failure(error))
    }
  }

  private static func timer(_ deadline: NIODeadline) async -> Step {
    do {
      try await Task.sleep(for: Duration(deadline - .now()))
    } catch {
      // The race is over.
    }
    return .time
  }
}

/// Which of several attempts may send credentials.
private final class AttemptClaim: Sendable {
  private struct State {
    var owner: UInt64?
    var refused: Set<UInt64> = []
  }

  private let state = Locked(State())

  /// Whether one attempt has been answered and goes on.
  var isTaken: Bool { state.withLock { $0.owner != nil } }

  /// Takes the claim for an attempt; false if another one has it.
  func take(_ id: UInt64) -> Bool {
    state.withLock { state in
      guard state.owner == nil || state.owner == id else {
        state.refused.insert(id)
        return false
      }
      state.owner = id
      return true
    }
  }

  /// Gives the claim back after a failure.
  func release(_ id: UInt64) {
    state.withLock { state in
      if state.owner == id { state.owner = nil }
    }
  }

  /// Whether an attempt ended because another one had the claim.
  func wasRefused(_ id: UInt64) -> Bool {
    state.withLock { $0.refused.remove(id) != nil }
  }
}
