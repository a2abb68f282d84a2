/// The enrolled agents, from memory.
public protocol EnrolledAgents: Sendable {
  /// All enrolled agents, in any order.
  func agents() -> [AgentRecord]

  /// An enrolled agent by its uuid in lower case.
  func agent(_ uuid: String) -> AgentRecord?
}

extension Registry: EnrolledAgents {
  /// All enrolled agents, ordered by uuid.
  public func agents() -> [AgentRecord] { agents(after: nil, limit: .max) }
}
