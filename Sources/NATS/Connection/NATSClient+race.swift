import Locks
import NIOCore

extension NATSClient {
  /// The time after which the next server is tried in parallel.
  private static let headStart = TimeAmount.seconds(1)
  /// The maximum number of concurrent attempts.
  private static let maximumAttempts = 4

  private enum Step {
    case attempt(UInt64, NATSServerAddress, Result<LiveConnection, NATSError>)
    case time
  }

  /// Tries servers until a connection is established. A server that does not answer does not delay the others: after
  /// ``headStart`` the next one is tried in parallel. Credentials are sent to one server at a time, the first one that answers.
  ///
  /// - Parameters:
  ///   - next: returns the next attempt, or nil while there is none. An attempt without a delay is started. The argument is the
  ///     number of attempts in progress. An error ends the race.
  ///   - failed: called for each failed attempt.
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
        // A server that answered is not raced any further.
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
            due = attempt.map { now + TimeAmount($0.delay) }
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

/// The right to send credentials, held by one of several attempts.
private final class AttemptClaim: Sendable {
  private struct State {
    var owner: UInt64?
    var refused: Set<UInt64> = []
  }

  private let state = Locked(State())

  /// Whether an attempt holds the claim.
  var isTaken: Bool { state.withLock { $0.owner != nil } }

  /// Takes the claim for an attempt.
  ///
  /// - Returns: false if another attempt holds it.
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

  /// Releases the claim of a failed attempt.
  func release(_ id: UInt64) {
    state.withLock { state in
      if state.owner == id { state.owner = nil }
    }
  }

  /// Whether an attempt ended because another one held the claim. Resets the answer.
  func wasRefused(_ id: UInt64) -> Bool {
    state.withLock { $0.refused.remove(id) != nil }
  }
}

extension NIODeadline {
  /// The deadline as a reading of the monotonic clock.
  var uptime: Duration { .nanoseconds(Int64(clamping: uptimeNanoseconds)) }
}
