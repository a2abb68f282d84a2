/// All agents that are enrolled, from memory: what the registry knows.
public protocol EnrolledAgents: Sendable {
  /// Everyone, in any order.
  func agents() -> [AgentRecord]

  /// One, by its uuid in lower case.
  func agent(_ uuid: String) -> AgentRecord?
}

extension Registry: EnrolledAgents {
  /// Everyone, in the order of their uuids.
  public func agents() -> [AgentRecord] { agents(after: nil, limit: .max) }
}
