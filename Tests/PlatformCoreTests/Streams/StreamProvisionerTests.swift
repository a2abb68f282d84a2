import JetStream
import NATS
import NATSTesting
import Testing

@testable import PlatformCore

@Suite struct StreamProvisionerTests {
  @Test func everythingIsMadeAsConfiguredAndKeptSo() async throws {
    try await Rig.with { rig, client in
      let jetStream = JetStream(client)
      let events = try await jetStream.stream("AGENT_EVENTS").configuration
      #expect(events.subjects == ["agent.vm.*.evt"] && events.maxAge == .seconds(86_400))
      #expect(events.maxBytes == 1 << 30 && events.discard == .old && events.allowDirect && events.noAck)
      #expect(try await jetStream.stream("VM_TELEMETRY").configuration.maxAge == .seconds(900))
      let commands = try await jetStream.stream("AGENT_COMMANDS").configuration
      #expect(commands.noAck && commands.maxBytes == 256 << 20)
      let audit = try await jetStream.stream("PLS_AUDIT").configuration
      #expect(audit.denyDelete && audit.denyPurge && audit.subjects == ["pls.audit.>"])
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

  @Test func aStreamThatKeepsSomethingElseIsLeftAlone() async throws {
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

  @Test func subjectsThatAnotherStreamKeepsAreAClearError() async throws {
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

  @Test func tooFewServersAreWaitedForAndThenToldOf() async throws {
    try await Rig.with { rig, client in
      try await JetStream(client).deleteStream("VM_TELEMETRY")
      var settings = StorageSettings()
      settings.replicas = 3
      let provisioner = StreamProvisioner(
        JetStream(client), settings: settings, patience: .milliseconds(300), logger: Rig.silent)
      let error = await #expect(throws: ProvisioningError.self) { try await provisioner.provision() }
      #expect(error?.description.contains("replicas") == true, "\(error?.description ?? "")")
    }
  }
}
