public import PlatformAPI

/// Who may connect: all agents and operators, from memory.
public protocol CredentialDirectory: Sendable {
  /// An agent by its uuid in lower case; never waits.
  func agent(_ uuid: String) -> AgentRecord?

  /// An operator; never waits.
  func operatorRecord(_ name: String) -> OperatorRecord?

  /// An agent as the bucket has it now, which memory has from then on; nil when it has none.
  ///
  /// - Throws: ``APIError``: `unavailable`, `busy`.
  func reread(agent uuid: String) async throws(APIError) -> AgentRecord?

  /// An operator as ``reread(agent:)``.
  func reread(operator name: String) async throws(APIError) -> OperatorRecord?

  /// Returns once memory has every change that was acknowledged before the call, or after a second at most: when the buckets
  /// can't be reached, memory stays as it is. Concurrent calls share one comparison, however many they are.
  func catchUp() async

  /// Whether an agent may claim an enrolment token, from memory; never waits.
  func canClaim(enrolment token: String, by uuid: String) -> Bool

  /// Enrols an unknown agent by a one-time token, which is the agent's own from then on. Of several that try, one wins; the same
  /// agent may try again.
  ///
  /// - Throws: ``APIError``: `not_found` for a token that there is not, `conflict` for one that is used up or has run out and for
  ///   an agent that is known, `invalid`, `unavailable`.
  func claimEnrolment(token: String, uuid: String) async throws(APIError) -> AgentRecord

  /// What changes from now on, every observer its own stream. What is there when memory is filled first is not told.
  var changes: AsyncStream<CredentialChange> { get }
}
