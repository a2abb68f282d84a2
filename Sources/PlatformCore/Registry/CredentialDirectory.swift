import Locks
public import PlatformAPI

/// The credentials of all agents and operators, from memory.
public protocol CredentialDirectory: Sendable {
  /// An agent by its uuid in lower case, from memory.
  func agent(_ uuid: String) -> AgentRecord?

  /// An operator by name, from memory.
  func operatorRecord(_ name: String) -> OperatorRecord?

  /// Reads an agent from the bucket and updates memory; nil when there is none.
  ///
  /// - Throws: ``APIError``: `unavailable`, `busy`.
  func reread(agent uuid: String) async throws(APIError) -> AgentRecord?

  /// Reads an operator from the bucket and updates memory; nil when there is none.
  ///
  /// - Throws: ``APIError``: `unavailable`, `busy`.
  func reread(operator name: String) async throws(APIError) -> OperatorRecord?

  /// Returns when memory has every change that was acknowledged before the call, or after at most a second. When the buckets can't
  /// be reached, memory stays unchanged. Concurrent calls share one comparison.
  func catchUp() async

  /// Whether an agent may claim an enrollment token, from memory.
  func canClaim(enrollment token: String, by uuid: String) -> Bool

  /// Enrolls an unknown agent by a one-time token, which becomes the agent's token. Of several agents that try, one succeeds; the
  /// same agent may retry.
  ///
  /// - Throws: ``APIError``: `not_found` for an unknown token, `conflict` for a used or expired one and for a known agent,
  ///   `invalid`, `unavailable`.
  func claimEnrollment(token: String, uuid: String) async throws(APIError) -> AgentRecord

  /// The changes from now on, in a new stream for each observer. The initial content is not delivered.
  var changes: AsyncStream<CredentialChange> { get }
}

/// A change of the credentials of an agent or operator.
public enum CredentialChange: Sendable, Hashable {
  /// An agent was enrolled (no `old`), changed, or removed (no `new`).
  case agent(old: AgentRecord?, new: AgentRecord?)
  /// An operator was added (no `old`), changed, or removed (no `new`).
  case `operator`(old: OperatorRecord?, new: OperatorRecord?)
}

/// Delivers each change to every observer.
final class CredentialObservers: Sendable {
  private struct State {
    var observers: [UInt64: AsyncStream<CredentialChange>.Continuation] = [:]
    var next: UInt64 = 0
  }

  private let state = Locked(State())

  /// Adds an observer. Its buffer is unbounded: a missed revocation would leave a connection open.
  func observe() -> AsyncStream<CredentialChange> {
    let (stream, continuation) = AsyncStream.makeStream(of: CredentialChange.self)
    let id = state.withLock { state in
      state.next += 1
      state.observers[state.next] = continuation
      return state.next
    }
    continuation.onTermination = { [weak self] _ in
      _ = self?.state.withLock { $0.observers.removeValue(forKey: id) }
    }
    return stream
  }

  func send(_ changes: [CredentialChange]) {
    guard !changes.isEmpty else { return }
    let observers = state.withLock { Array($0.observers.values) }
    for change in changes {
      for observer in observers { observer.yield(change) }
    }
  }
}
