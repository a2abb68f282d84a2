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

  /// Whether an agent may claim an enrolment token, from memory.
  func canClaim(enrolment token: String, by uuid: String) -> Bool

  /// Enrolls an unknown agent by a one-time token, which becomes the agent's token. Of several agents that try, one succeeds; the
  /// same agent may retry.
  ///
  /// - Throws: ``APIError``: `not_found` for an unknown token, `conflict` for a used or expired one and for a known agent,
  ///   `invalid`, `unavailable`.
  func claimEnrolment(token: String, uuid: String) async throws(APIError) -> AgentRecord

  /// The changes from now on, in a new stream for each observer. The initial content is not delivered.
  var changes: AsyncStream<CredentialChange> { get }
}
