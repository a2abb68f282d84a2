public import PlatformAPI

/// Who may connect: all agents and operators, from memory.
public protocol Directory: Sendable {
  /// An agent by its uuid in lower case; never waits.
  func agent(_ uuid: String) -> AgentRecord?

  /// An operator; never waits.
  func operatorRecord(_ name: String) -> OperatorRecord?

  /// An agent as ``agent(_:)``; one that memory does not have is looked for in the bucket, as it may have been enrolled a moment
  /// ago at another instance.
  func lookup(agent uuid: String) async -> AgentRecord?

  /// An operator as ``operatorRecord(_:)``, looked for in the bucket as in ``lookup(agent:)``.
  func lookup(operator name: String) async -> OperatorRecord?

  /// Enrols an unknown agent by a one-time token, which is the agent's own from then on. Of several that try, one wins; the same
  /// agent may try again.
  ///
  /// - Throws: ``APIError``: `not_found` for a token that there is not, `conflict` for one that is used up or has run out and for
  ///   an agent that is known, `invalid`, `unavailable`.
  func claimEnrolment(token: String, uuid: String) async throws(APIError) -> AgentRecord

  /// What changes from now on, every observer its own stream. What is there when memory is filled first is not told.
  var changes: AsyncStream<DirectoryChange> { get }
}
