import JetStream
import NATSTesting
import PlatformAPI
import PlatformCore
import Testing

@Suite struct RegistryLifeTests {
  @Test func newInstanceLoadsAllRecords() async throws {
    let server = try await JetStreamServer.start()
    let (agents, operators) = try await RegistryRig.run(on: server) { rig in
      for _ in 0..<20 { _ = try await rig.registry.enroll(by: "ada") }
      _ = try await rig.registry.addOperator("ada", role: .admin, by: "platform")
      _ = try await rig.registry.revoke(try #require(rig.registry.agents().first).uuid, by: "ada")
      return (rig.registry.agents(), rig.registry.operators())
    }
    try await RegistryRig.run(on: server) { rig in
      #expect(rig.registry.agents() == agents && agents.count == 20 && agents[0].isRevoked)
      #expect(rig.registry.operators() == operators)
    }
  }

  @Test func registryRecoversAfterAServerRestart() async throws {
    let server = try await JetStreamServer.start()
    try await RegistryRig.run(on: server) { first in
      try await RegistryRig.run(on: server) { second in
        let before = try await first.registry.enroll(by: "ada").subject
        try await server.server.restart()
        #expect(second.registry.agent(before) != nil, "cached agents stay available while the server is down")
        let after = try await first.registry.enroll(by: "ada").subject
        try await second.eventually("what changed after the restart comes") { $0.agent(after) != nil }
        _ = try await second.registry.revoke(before, by: "ada")
        try await first.eventually("and so does what others change") { $0.agent(before)?.isRevoked == true }
      }
    }
  }

  @Test func recreatedBucketReplacesTheCache() async throws {
    try await RegistryRig.run { rig in
      let old = try await rig.registry.enroll(by: "ada").subject
      for number in 0..<5 { _ = try await rig.registry.label(old, set: ["n": "\(number)"], by: "ada") }
      try await rig.jetStream.deleteKeyValue("pls-agents")
      _ = try await RegistryBuckets.ensure(rig.jetStream)
      let new = try await rig.registry.enroll(by: "ada").subject
      try await rig.eventually("the old one is forgotten") { $0.agents().map(\.uuid) == [new] }
    }
  }

  @Test func unreadableRecordAuthenticatesNothing() async throws {
    try await RegistryRig.run { rig in
      let uuid = try await rig.registry.enroll(by: "ada").subject
      let bucket = try await rig.jetStream.keyValue("pls-agents")
      try await bucket.put(uuid, Array(#"{"uuid":"other"}"#.utf8))
      try await rig.eventually("it is not known any more") { $0.agent(uuid) == nil }
      #expect(await apiError { try await rig.registry.reread(agent: uuid) }?.code == .unavailable)
      #expect(await apiError { try await rig.registry.revoke(uuid, by: "ada") }?.code == .unavailable)
    }
  }

  @Test func changesWithoutAuditAreRejected() async throws {
    try await RegistryRig.run { rig in
      let uuid = try await rig.registry.enroll(by: "ada").subject
      let registry = Registry(
        buckets: try await .ensure(rig.jetStream), audit: NoAudit(), logger: quiet)
      let before = try await rig.rawBytes(of: "KV_pls-agents")
      #expect(await apiError { try await registry.revoke(uuid, by: "ada") }?.code == .unavailable)
      #expect(await apiError { try await registry.enroll(by: "ada") }?.code == .unavailable)
      #expect(await apiError { try await registry.createEnrollment(by: "ada") }?.code == .unavailable)
      #expect(try await rig.rawBytes(of: "KV_pls-agents") == before)
      #expect(try await rig.rawBytes(of: "KV_pls-enrolments").isEmpty)
    }
  }

  @Test func secretsAreNeverStored() async throws {
    let server = try await JetStreamServer.start()
    let secrets = try await RegistryRig.run(on: server) { rig in
      let registry = rig.registry
      let given = "a-token-given-by-hand-0123456789-abcdef"
      let enrolled = try await registry.enroll(token: given, by: "ada")
      let rotated = try await registry.rotate(enrolled.subject, by: "ada")
      let ticket = try await registry.createEnrollment(by: "ada")
      let claimed = "0d3c7f1e-5b1a-4c59-9c53-1d0f2a7b9e11"
      _ = try await registry.claimEnrollment(token: ticket.token, uuid: claimed)
      let open = try await registry.createEnrollment(by: "ada")
      let added = try await registry.addOperator("ada", role: .admin, by: "platform")
      // Also rejected ones.
      _ = await apiError { try await registry.rotate(enrolled.subject, token: given, by: "ada") }
      _ = await apiError { try await registry.claimEnrollment(token: open.token, uuid: claimed) }
      let secrets = [given, rotated.token, ticket.token, open.token, added.token]
      var streams: [String: String] = [:]
      for stream in ["KV_pls-agents", "KV_pls-enrolments", "KV_pls-operators", "PLS_AUDIT"] {
        streams[stream] = try await rig.rawBytes(of: stream)
      }
      #expect(streams["PLS_AUDIT"]?.contains(enrolled.subject) == true, "there is something to look through")
      for (stream, text) in streams {
        #expect(!text.isEmpty)
        for secret in secrets { #expect(!text.contains(secret.dropFirst(5)), "\(stream)") }
      }
      return secrets
    }
    // The bytes on the server's disk.
    server.server.stop()
    let files = FileTree.files(under: server.store)
    #expect(files.contains { FileTree.read($0)?.contains("agents.enroll") == true })
    for file in files {
      let text = FileTree.read(file) ?? ""
      for secret in secrets { #expect(!text.contains(secret.dropFirst(5)), "\(file)") }
    }
  }
}

private struct NoAudit: Auditing {
  func record(_ entry: AuditEntry) async throws(APIError) { throw APIError(.unavailable, "no stream") }
  func enqueue(_ entry: AuditEntry) {}
}
