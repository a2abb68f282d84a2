import JetStream
import NATS
import NATSTesting
import Testing

@testable import PlatformCore

@Suite struct StreamProvisionerTests {
  @Test func storageIsProvisionedAndUpdated() async throws {
    try await Rig.with { rig, client in
      let jetStream = JetStream(client)
      let events = try await jetStream.stream("AGENT_EVENTS").configuration
      #expect(events.subjects == ["agent.vm.*.evt"] && events.maxAge == .seconds(86_400))
      #expect(events.maxBytes == 1 << 30 && events.discard == .old && events.allowDirect && events.noAck)
      #expect(try await jetStream.stream("VM_TELEMETRY").configuration.maxAge == .seconds(900))
      let commands = try await jetStream.stream("AGENT_COMMANDS").configuration
      #expect(commands.noAck && commands.maxBytes == 256 << 20)
      let results = try await jetStream.stream("AGENT_RESULTS").configuration
      #expect(
        results.noAck && results.subjects == ["pls.results.*.*.*"] && results.maxMessagesPerSubject == 1)
      // The server alone limits an agent to three quarters of the events and a quarter of the telemetry.
      for (name, quarters) in [("AGENT_EVENTS", Int64(3)), ("VM_TELEMETRY", 1)] {
        let stream = try await jetStream.stream(name).configuration
        #expect(stream.maxMessagesPerSubject > 0 && stream.maxMessageSize > 0)
        #expect(stream.maxMessagesPerSubject * stream.maxMessageSize <= stream.maxBytes / 4 * quarters)
      }
      let audit = try await AuditRecord.jetStream(client).stream("PLS_AUDIT").configuration
      #expect(
        audit.discard == .new && audit.denyDelete && audit.denyPurge && audit.subjects == ["pls.audit.>"])
      try client.publish([1], to: "agent.vm.x.evt")
      try await eventually("it is stored") {
        try await jetStream.stream("AGENT_EVENTS").state.messages == 1
      }
      var settings = StorageSettings()
      settings.events.maxAge = .seconds(3600)
      _ = try await StreamProvisioner(jetStream, settings: settings, logger: Rig.silent).provision()
      let changed = try await jetStream.stream("AGENT_EVENTS")
      #expect(changed.configuration.maxAge == .seconds(3600) && changed.state.messages == 1)
      _ = try await StreamProvisioner(jetStream, settings: settings, logger: Rig.silent).provision()
      #expect(try await jetStream.stream("AGENT_EVENTS").created == changed.created)
    }
  }

  @Test(arguments: [false, true])
  func auditLimitsChangeOnlyWhenPermitted(isAllowed: Bool) async throws {
    try await Rig.with(accounts: { isAllowed ? TestAccounts.allowingUpdate($0) : $0 }) { rig, client in
      try await JetStream(client).publish([1], to: "pls.record.entry.agents.label")
      var settings = StorageSettings()
      settings.audit.maxBytes = 1 << 21
      _ = try await StreamProvisioner(JetStream(client), settings: settings, logger: Rig.silent).provision()
      let found = try await AuditRecord.jetStream(client).stream("PLS_AUDIT")
      #expect(found.configuration.maxBytes == (isAllowed ? 1 << 21 : 1 << 30) && found.state.messages == 1)
      #expect(
        await AuditProtection.warnings(fleet: client).contains { $0.contains("STREAM.UPDATE") } == isAllowed)
    }
  }

  @Test func missingAuditAccountIsAnError() async throws {
    let folder = try FileTree.makeTemporary()
    defer { FileTree.remove(folder) }
    let server = try await NATSServerProcess.start { _ in "jetstream { store_dir: \"\(folder)\" }" }
    defer { server.stop() }
    try await withClient(of: server) { client in
      let error = await #expect(throws: ProvisioningError.self) {
        try await StreamProvisioner(JetStream(client, timeout: .seconds(1)), logger: Rig.silent).provision()
      }
      #expect(error?.description.contains("account AUDIT") == true, "\(error?.description ?? "")")
    }
  }

  @Test func streamWithOtherSubjectsIsLeftUnchanged() async throws {
    try await Rig.with { rig, client in
      let jetStream = JetStream(client)
      try await jetStream.deleteStream("AGENT_EVENTS")
      _ = try await jetStream.createStream(StreamConfiguration(name: "AGENT_EVENTS", subjects: ["orders.>"]))
      try await jetStream.publish([1], to: "orders.1")
      let error = await #expect(throws: ProvisioningError.self) {
        try await StreamProvisioner(jetStream, logger: Rig.silent).provision()
      }
      #expect(error?.description.contains("AGENT_EVENTS") == true)
      #expect(error?.description.contains("orders.>") == true)
      #expect(try await jetStream.stream("AGENT_EVENTS").state.messages == 1)
    }
  }

  @Test func overlappingSubjectsAreAnError() async throws {
    try await Rig.with { rig, client in
      let jetStream = JetStream(client)
      try await jetStream.deleteStream("AGENT_EVENTS")
      _ = try await jetStream.createStream(StreamConfiguration(name: "OTHER", subjects: ["agent.*.one.evt"]))
      let error = await #expect(throws: ProvisioningError.self) {
        try await StreamProvisioner(jetStream, logger: Rig.silent).provision()
      }
      #expect(error?.description.contains("AGENT_EVENTS") == true)
    }
  }

  @Test func tooFewServersAreAnErrorAfterTheTimeout() async throws {
    try await Rig.with { rig, client in
      try await JetStream(client).deleteStream("VM_TELEMETRY")
      var settings = StorageSettings()
      settings.replicas = 3
      let provisioner = StreamProvisioner(
        JetStream(client), settings: settings, timeout: .milliseconds(300), logger: Rig.silent)
      let error = await #expect(throws: ProvisioningError.self) { try await provisioner.provision() }
      #expect(error?.description.contains("replicas") == true, "\(error?.description ?? "")")
    }
  }

  @Test func subjectsAreComparedByBytes() {
    #expect(StreamProvisioner.isSame(["a.>", "$KV.b.>"], ["$KV.b.>", "a.>"]))
    #expect(!StreamProvisioner.isSame(["$KV.b.>"], ["$\u{212A}V.b.>"]))
    #expect(!StreamProvisioner.isSame(["\u{E9}"], ["e\u{301}"]))
  }
}
