import JSON
import PlatformAPI

extension PlatformClient {
  private static let pageSize = 1000

  /// All agents that match a selector, decoded and as JSON.
  ///
  /// - Throws: The errors of ``call(_:_:)``.
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
      // A cursor that does not advance would repeat the page endlessly.
      after = page.next == after || page.agents.isEmpty ? nil : page.next
    } while after != nil
    return (agents, raw)
  }

  /// The details of one agent. Retries while the platform does not answer.
  ///
  /// - Throws: The errors of ``callWithRetries(_:_:id:)``.
  func agentWithRetries(_ reference: String) async throws(ConsoleError) -> AgentDetail {
    try Self.decode(
      AgentDetail.self, from: try await callWithRetries(.agentsShow, Requests.Agent(agent: reference)),
      of: .agentsShow)
  }

  /// The details of one agent.
  ///
  /// - Throws: The errors of ``call(_:_:)``.
  func agent(_ reference: String) async throws(ConsoleError) -> AgentDetail {
    try await call(.agentsShow, Requests.Agent(agent: reference), as: AgentDetail.self)
  }
}
