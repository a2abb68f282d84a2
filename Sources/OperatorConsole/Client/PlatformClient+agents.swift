import JSON
import PlatformAPI

extension PlatformClient {
  private static let pageSize = 1000

  /// All agents that a selector picks, also as they came.
  ///
  /// - Throws: as ``call(_:_:)`` does.
  func agents(selector: String?) async throws(ConsoleError) -> (agents: [AgentView], raw: [JSONValue]) {
    var agents: [AgentView] = []
    var raw: [JSONValue] = []
    var after: String?
    repeat {
      let result = try await call(
        .agentsList, Requests.ListAgents(selector: selector, limit: Self.pageSize, after: after))
      let page = try Self.decode(Requests.AgentsPage.self, from: result, of: .agentsList)
      agents += page.agents
      raw += result.objectValue?["agents"]?.arrayValue ?? []
      // A page that does not lead on would be asked for without end.
      after = page.next == after || page.agents.isEmpty ? nil : page.next
    } while after != nil
    return (agents, raw)
  }

  /// What is known of one agent, asked for again while the platform cannot answer for a moment.
  ///
  /// - Throws: as ``call(_:_:)`` does.
  func agentRepeatedly(_ reference: String) async throws(ConsoleError) -> AgentDetail {
    try Self.decode(
      AgentDetail.self, from: try await callRepeatedly(.agentsShow, Requests.Agent(agent: reference)),
      of: .agentsShow)
  }

  /// What is known of one agent.
  ///
  /// - Throws: as ``call(_:_:)`` does.
  func agent(_ reference: String) async throws(ConsoleError) -> AgentDetail {
    try await call(.agentsShow, Requests.Agent(agent: reference), as: AgentDetail.self)
  }
}
