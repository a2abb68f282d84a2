import JSON
import NATSTesting
import PlatformAPI
import Testing

@testable import PlatformCore

/// The tables of `docs/platform-api.md` agree with the code.
@Suite struct APIDocumentTests {
  private static func lines() throws -> [Substring] {
    let package = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    let text = try #require(FileTree.read("/\(package)/docs/platform-api.md"))
    return text.split(separator: "\n")
  }

  @Test(arguments: APIMethod.allCases) func everyMethodIsDocumentedWithItsRole(method: APIMethod) throws {
    let row = try Self.lines().filter { $0.hasPrefix("| `\(method.name)` |") }
    #expect(row.count == 1)
    #expect(row.first?.contains(" | \(method.leastRole.rawValue) | ") == true)
  }

  @Test func documentListsNoOtherMethods() throws {
    let methods = try Self.lines().filter { $0.hasPrefix("| `") && $0.split(separator: "`")[1].contains(".") }
    #expect(methods.count == APIMethod.allCases.count)
  }

  @Test func parametersAreDocumentedInTheRowOfTheirMethod() throws {
    let values: [(APIMethod, any Sendable)] = [
      (.agentsList, Requests.ListAgents()), (.agentsShow, Requests.Agent(agent: "")),
      (.agentsEnroll, Requests.Enroll()), (.agentsRotate, Requests.Rotate(agent: "")),
      (.agentsRevoke, Requests.Revoke(agent: "")), (.agentsRemove, Requests.RemoveAgent(agent: "")),
      (.agentsLabel, Requests.Label(agent: "")),
      (.enrollmentsCreate, Requests.CreateEnrollment()),
      (.enrollmentsRemove, Requests.RemoveEnrollment(id: "")),
      (.operatorsAdd, Requests.Operator(name: "")), (.commandsList, Requests.ListCommands()),
      (.commandsSubmit, Requests.Submit(agent: "", operation: "")),
      (.commandsShow, Requests.Command(id: "")), (.commandsCancel, Requests.Command(id: "")),
      (.eventsList, Requests.ListEvents()), (.telemetryLast, Requests.Agent(agent: "")),
      (.auditList, Requests.ListAudit()),
    ]
    let lines = try Self.lines()
    for (method, value) in values {
      let row = try #require(lines.first { $0.hasPrefix("| `\(method.name)` |") })
      let named = Set(
        row.split(separator: "|")[2].split(separator: "`").enumerated().filter { $0.offset % 2 == 1 }.map {
          String($0.element)
        })
      #expect(named == Set(RequestFault.names(of: value)), "\(method.rawValue)")
    }
  }

  @Test(arguments: [
    APIError.Code.notFound, .invalid, .conflict, .busy, .unavailable, .forbidden, .unknownMethod,
  ]) func everyErrorCodeIsDocumented(code: APIError.Code) throws {
    #expect(try Self.lines().contains { $0.hasPrefix("| `\(code.rawValue)` |") })
  }

  @Test func everyMemberOfAViewIsDocumented() throws {
    let text = try Self.lines().joined(separator: "\n")
    let command = CommandView(
      id: "", agent: "", operation: "", params: .null, timeoutS: nil, submittedBy: "", submittedAt: 0,
      expiresAt: 0)
    let agent = AgentView(uuid: "", status: .alive)
    let views: [any Sendable] = [
      agent, command, AgentDetail(agent: agent, enrolledAt: 0, enrolledBy: "", validTokens: 0),
      EventView(agent: "", at: 0, type: "", payload: .null),
      AuditEntry(at: 0, by: "", action: "", object: ""),
      Requests.IssuedToken(subject: "", token: ""),
      Requests.EnrollmentView(id: "", labels: [:], createdBy: "", expiresAt: 0),
      Requests.PlatformStatus(version: "", instance: "", leader: nil, agents: [:], commandsOpen: 0),
    ]
    for view in views {
      for name in RequestFault.names(of: view) {
        #expect(text.contains("`\(name)`"), "\(type(of: view)).\(name)")
      }
    }
  }

  @Test func documentedLimitsAreTheLimitsInEffect() throws {
    let text = try Self.lines().joined(separator: "\n")
    #expect(text.contains("at most \(APIServer.maximumRequestSize / 1024) KiB"))
    #expect(
      text.contains("processes \(APIServer.maximumRunning) at a time") && APIServer.maximumWaiting == 1_024)
    #expect(text.contains("at most \(LabelRules.maximumCount) labels"))
    #expect(text.contains("1 to \(LabelRules.maximumKeyLength) letters"))
    #expect(text.contains("at most \(LabelRules.maximumValueLength) bytes"))
    #expect(text.contains("at most \(Registry.maximumTokens) valid tokens"))
    #expect(
      Registry.gracePeriods.upperBound == 2_592_000 && EnrollmentRecord.lifetimes.upperBound == 2_592_000)
  }
}
