import Clocks
import NATSTesting
import PlatformAPI
import PlatformCore
import Testing

@Suite struct RegistryEnrollmentTests {
  private static let uuids = (0..<10).map { "0d3c7f1e-5b1a-4c59-9c53-1d0f2a7b9e1\($0)" }

  @Test func tokenEnrollsOneOfManyConcurrentAgents() async throws {
    try await RegistryRig.runTwo { first, second in
      let ticket = try await first.registry.createEnrollment(labels: ["env": "prod"], by: "admin")
      let results = await withTaskGroup(of: Result<AgentRecord, APIError>.self) { group in
        for (index, uuid) in Self.uuids.enumerated() {
          let registry = index.isMultiple(of: 2) ? first.registry : second.registry
          group.addTask {
            do throws(APIError) {
              return .success(try await registry.claimEnrollment(token: ticket.token, uuid: uuid))
            } catch {
              return .failure(error)
            }
          }
        }
        return await group.reduce(into: [Result<AgentRecord, APIError>]()) { $0.append($1) }
      }
      var winners: [AgentRecord] = []
      for result in results {
        switch result {
        case .success(let record): winners.append(record)
        case .failure(let error): #expect(error.code == .conflict)
        }
      }
      #expect(winners.count == 1)
      let winner = try #require(winners.first)
      #expect(winner.labels == ["env": "prod"] && winner.enrolledBy == "admin")
      #expect(
        winner.validToken(ticket.token, at: WallClock.now) != nil, "the token is the agent's own now")
      for rig in [first, second] {
        try await rig.eventually("the winner is known") { $0.agents() == [winner] }
        // The same agent may retry and gets the same record.
        #expect(try await rig.registry.claimEnrollment(token: ticket.token, uuid: winner.uuid) == winner)
      }
      #expect(first.registry.openEnrollments().isEmpty)
      let entries = try await first.audit.entries(of: [winner.uuid], limit: 10)
      #expect(entries.map(\.action) == ["agents.enroll"])
    }
  }

  @Test func sameAgentMayClaimAtTwoInstances() async throws {
    try await RegistryRig.runTwo { first, second in
      let ticket = try await first.registry.createEnrollment(by: "admin")
      async let one = first.registry.claimEnrollment(token: ticket.token, uuid: Self.uuids[0])
      async let two = second.registry.claimEnrollment(token: ticket.token, uuid: Self.uuids[0])
      #expect(try await one == two)
    }
  }

  @Test func onlyOpenTokensEnroll() async throws {
    let clock = TestClock()
    try await RegistryRig.run(on: JetStreamServer.start(), now: { clock.now }) { rig in
      let uuid = Self.uuids[0]
      func claim(_ token: String, _ uuid: String) async -> APIError.Code? {
        await apiError { try await rig.registry.claimEnrollment(token: token, uuid: uuid) }?.code
      }
      #expect(await claim(TokenKind.enrollment.makeToken(), uuid) == .notFound)
      #expect(await claim(TokenKind.agent.makeToken(), uuid) == .notFound)
      #expect(await claim("", uuid) == .notFound)
      #expect(await claim("plse_", uuid) == .notFound)
      #expect(await claim("plse_" + String(repeating: "x", count: 100_000), uuid) == .notFound)

      let expiring = try await rig.registry.createEnrollment(lifetime: 60, by: "admin")
      #expect(await claim(expiring.token, "not-a-uuid") == .invalid)
      #expect(await claim(expiring.token, ">") == .invalid)
      clock.advance(60)
      #expect(await claim(expiring.token, uuid) == .conflict)
      #expect(rig.registry.openEnrollments().isEmpty)

      let known = try await rig.registry.enroll(by: "admin").subject
      let ticket = try await rig.registry.createEnrollment(by: "admin")
      #expect(await claim(ticket.token, known) == .conflict, "it can't take the place of a known agent")
      let removed = try await rig.registry.createEnrollment(by: "admin")
      let id = String(EnrollmentRecord.id(of: removed.token).prefix(12))
      #expect(try await rig.registry.removeEnrollment(id, by: "admin").shortID == id)
      #expect(await claim(removed.token, uuid) == .notFound)
      #expect(await apiError { try await rig.registry.removeEnrollment(id, by: "admin") }?.code == .notFound)
      #expect(rig.registry.agents().map(\.uuid) == [known])
      _ = try await rig.registry.claimEnrollment(token: ticket.token, uuid: uuid)
      let used = String(EnrollmentRecord.id(of: ticket.token).prefix(12))
      #expect(
        await apiError { try await rig.registry.removeEnrollment(used, by: "admin") }?.code == .notFound)
    }
  }
}
