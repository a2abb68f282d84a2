import Clocks
import NATSTesting
import PlatformAPI
import PlatformCore
import Testing

@Suite struct RegistryAgentTests {
  @Test func enrollmentIsVisibleAtOnceLocallyAndSoonElsewhere() async throws {
    try await RegistryRig.runTwo { first, second in
      let issued = try await first.registry.enroll(labels: ["env": "prod"], by: "admin")
      let record = try #require(first.registry.agent(issued.subject))
      #expect(record.validToken(issued.token, at: record.enrolledAt) != nil)
      #expect(record.labels == ["env": "prod"] && record.enrolledBy == "admin" && record.agentType == "vm")
      #expect(try await second.registry.reread(agent: issued.subject) == record)
      try await second.eventually("the watch delivers it") { $0.agent(issued.subject) == record }
      #expect(second.registry.agentCount == 1)
      #expect(second.registry.agents() == [record])
    }
  }

  @Test func uuidAndTokenCanBeGiven() async throws {
    try await RegistryRig.run { rig in
      let uuid = "0D3C7F1E-5B1A-4C59-9C53-1D0F2A7B9E11"
      let token = String(repeating: "k3y", count: 11)
      let issued = try await rig.registry.enroll(uuid: uuid, token: token, by: "admin")
      #expect(issued.subject == uuid.lowercased() && issued.token == token)
      let twice = await apiError { try await rig.registry.enroll(uuid: uuid, by: "admin") }
      #expect(twice?.code == .conflict)
      #expect(rig.registry.agent(uuid.lowercased())?.validToken(token, at: WallClock.now) != nil)
    }
  }

  @Test func rotationKeepsTheOldTokenForTheGracePeriod() async throws {
    let clock = TestClock()
    try await RegistryRig.run(on: JetStreamServer.start(), now: { clock.now }) { rig in
      let old = try await rig.registry.enroll(by: "admin")
      let uuid = old.subject
      let new = try await rig.registry.rotate(uuid, grace: 60, by: "admin")
      #expect(new.token != old.token && new.until == clock.now + 60)
      func isValid(_ token: String) -> Bool {
        rig.registry.agent(uuid)?.validToken(token, at: clock.now) != nil
      }
      #expect(isValid(old.token) && isValid(new.token))
      clock.advance(59)
      #expect(isValid(old.token))
      clock.advance(2)
      #expect(!isValid(old.token) && isValid(new.token))
      let last = try await rig.registry.rotate(uuid, grace: 0, by: "admin")
      #expect(!isValid(new.token) && isValid(last.token) && last.until == nil)
      #expect(rig.registry.agent(uuid)?.tokens.count == 1, "what has expired is not kept")
    }
  }

  @Test func numberOfTokensIsLimited() async throws {
    try await RegistryRig.run { rig in
      let uuid = try await rig.registry.enroll(by: "admin").subject
      for _ in 0..<7 { _ = try await rig.registry.rotate(uuid, by: "admin") }
      let eighth = await apiError { try await rig.registry.rotate(uuid, by: "admin") }
      #expect(eighth?.code == .conflict)
      _ = try await rig.registry.rotate(uuid, grace: 0, by: "admin")
      #expect(rig.registry.agent(uuid)?.tokens.count == 1)
    }
  }

  @Test func revokedAgentIsRestoredOnlyByEnrollment() async throws {
    try await RegistryRig.run { rig in
      let first = try await rig.registry.enroll(labels: ["env": "prod"], by: "admin")
      let uuid = first.subject
      let changes = rig.registry.changes
      let revoked = try await rig.registry.revoke(uuid, reason: "sold", by: "admin")
      #expect(revoked.isRevoked && revoked.revokedReason == "sold" && revoked.tokens.isEmpty)
      let change = try await changes.first()
      #expect(change == .agent(old: change.oldAgent, new: revoked) && change.oldAgent?.isRevoked == false)
      // Repeating it does nothing.
      #expect(try await rig.registry.revoke(uuid, by: "other") == revoked)
      let rotated = await apiError { try await rig.registry.rotate(uuid, by: "admin") }
      #expect(rotated?.code == .conflict)
      let ticket = try await rig.registry.createEnrollment(by: "admin")
      let claimed = await apiError {
        try await rig.registry.claimEnrollment(token: ticket.token, uuid: uuid)
      }
      #expect(claimed?.code == .conflict)
      #expect(rig.registry.openEnrollments().count == 1, "the enrollment token is not used up by it")

      let again = try await rig.registry.enroll(uuid: uuid, by: "admin")
      let record = try #require(rig.registry.agent(uuid))
      #expect(!record.isRevoked && record.labels == ["env": "prod"])
      #expect(record.validToken(again.token, at: WallClock.now) != nil)
      #expect(record.validToken(first.token, at: WallClock.now) == nil)
    }
  }

  @Test func concurrentLabelChangesOfTwoInstancesAllPersist() async throws {
    try await RegistryRig.runTwo { first, second in
      let uuid = try await first.registry.enroll(labels: ["gone": "1"], by: "admin").subject
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<20 {
          let registry = number.isMultiple(of: 2) ? first.registry : second.registry
          group.addTask {
            _ = try await registry.label(
              uuid, set: ["label\(number)": "\(number)"], remove: ["gone"], by: "admin")
          }
        }
        try await group.waitForAll()
      }
      let expected = Dictionary(uniqueKeysWithValues: (0..<20).map { ("label\($0)", "\($0)") })
      for rig in [first, second] {
        try await rig.eventually("all labels are there") { $0.agent(uuid)?.labels == expected }
      }
      // One entry for each, regardless of retries.
      let entries = try await first.audit.entries(of: [uuid], limit: 1_000)
      #expect(entries.filter { $0.action == "agents.label" }.count == 20)
    }
  }

  @Test func labelChangesToAnotherNormalizationAreStored() async throws {
    try await RegistryRig.run { rig in
      let uuid = try await rig.registry.enroll(labels: ["site": "\u{E9}"], by: "admin").subject
      let record = try await rig.registry.label(uuid, set: ["site": "e\u{301}"], by: "admin")
      #expect(record.labels["site"]?.utf8.count == 3)
      #expect(try await rig.registry.reread(agent: uuid)?.labels["site"]?.utf8.count == 3)
    }
  }

  @Test(arguments: Selector.fields) func selectorFieldsAreInvalidLabelKeys(_ field: String) async throws {
    try await RegistryRig.run { rig in
      let refusal = await #expect(throws: APIError.self) {
        try await rig.registry.enroll(labels: [field: "x"], by: "admin")
      }
      #expect(refusal?.code == .invalid)
    }
  }

  @Test func suspectedCloneIsClearedByRotation() async throws {
    try await RegistryRig.run { rig in
      let uuid = try await rig.registry.enroll(by: "admin").subject
      #expect(try await rig.registry.suspectClone(uuid, "two boots").cloneSuspected == "two boots")
      #expect(try await rig.registry.suspectClone(uuid, "two hosts").cloneSuspected == "two boots")
      _ = try await rig.registry.rotate(uuid, by: "admin")
      #expect(rig.registry.agent(uuid)?.cloneSuspected == nil)
      #expect(
        try await rig.audit.entries(of: [uuid], limit: 10).map(\.action) == [
          "agents.rotate", "agent.clone_suspected", "agents.enroll",
        ])
    }
  }

  @Test func agentsAreResolvedByUUIDPrefix() async throws {
    try await RegistryRig.run { rig in
      for uuid in ["0d3c7f1e-5b1a-4c59-9c53-1d0f2a7b9e11", "0d3c8f1e-5b1a-4c59-9c53-1d0f2a7b9e11"] {
        _ = try await rig.registry.enroll(uuid: uuid, by: "admin")
      }
      #expect(try rig.registry.resolve("0D3C7") == "0d3c7f1e-5b1a-4c59-9c53-1d0f2a7b9e11")
      let several = APIError(
        .invalid,
        "\"0d3c\" fits 2 agents, use the uuid: 0d3c7f1e-5b1a-4c59-9c53-1d0f2a7b9e11, "
          + "0d3c8f1e-5b1a-4c59-9c53-1d0f2a7b9e11")
      #expect(throws: several) {
        try rig.registry.resolve("0d3c")
      }
      for text in ["0d3", "", "ffff", "0d3c7f1e-5b1a-4c59-9c53-1d0f2a7b9e12", ">", "*"] {
        #expect(throws: APIError(.notFound, "there is no agent \(text.debugDescription)")) {
          try rig.registry.resolve(text)
        }
      }
    }
  }
}

extension CredentialChange {
  var oldAgent: AgentRecord? {
    if case .agent(let old, _) = self { old } else { nil }
  }
}
