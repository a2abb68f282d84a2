import JSON
import JetStream
import NATS
import NATSTesting
import NIOCore
import PlatformAPI
import PlatformCore
import Testing

@Suite struct AuditLogTests {
  private static func entry(_ number: Int, _ action: String = "agents.label", object: String = "a")
    -> AuditEntry
  {
    AuditEntry(
      at: Double(number), by: "ada", action: action, object: object, details: ["number": JSONValue(number)])
  }

  @Test func entriesAreTakenDownAndListedTheNewestFirst() async throws {
    try await RegistryRig.run { rig in
      for number in 1...30 {
        try await rig.audit.record(Self.entry(number, object: number.isMultiple(of: 3) ? "b" : "a"))
      }
      #expect(try await rig.audit.entries(limit: 5).map(\.at) == [30, 29, 28, 27, 26])
      #expect(try await rig.audit.entries(limit: 1_000).count == 30)
      #expect(try await rig.audit.entries(of: ["b"], limit: 3).map(\.at) == [30, 27, 24])
      #expect(try await rig.audit.entries(of: ["c"], limit: 3).isEmpty)
      #expect(try await rig.audit.entries(limit: 1).first == Self.entry(30, object: "b"))
      let raw = try await rig.rawBytes(of: "PLS_AUDIT")
      #expect(raw.hasPrefix("pls.audit.agents.label {"))
    }
  }

  @Test func whatCommandsAreAboutIsFoundByAgentAndCommand() async throws {
    try await RegistryRig.run { rig in
      var entry = Self.entry(1, "commands.submit", object: "command-1")
      entry.details = ["agent": "agent-1", "operation": "system.info"]
      try await rig.audit.record(entry)
      #expect(try await rig.audit.entries(of: ["agent-1"], limit: 3) == [entry])
      #expect(try await rig.audit.entries(of: ["command-1"], limit: 3) == [entry])
      #expect(try await rig.audit.entries(of: ["system.info"], limit: 3).isEmpty)
    }
  }

  @Test func anObjectIsFoundFarBack() async throws {
    try await RegistryRig.run { rig in
      try await rig.audit.record(Self.entry(0, object: "rare"))
      // Beyond the first part that is looked through.
      let bytes = try APICoding.encode(Self.entry(1))
      for _ in 0..<9_000 { try await rig.client.publishWaiting(bytes, to: "pls.audit.agents.label") }
      try await rig.client.flush()
      try await rig.audit.record(Self.entry(2, object: "rare"))
      #expect(try await rig.audit.entries(of: ["rare"], limit: 5).map(\.at) == [2, 0])
    }
  }

  @Test func notesAreWrittenInOrderWithoutWaiting() async throws {
    try await RegistryRig.run { rig in
      for number in 1...200 { rig.audit.note(Self.entry(number, "agent.refused")) }
      let consumer = rig.jetStream.orderedConsumer(stream: "PLS_AUDIT", .init())
      var numbers: [Double] = []
      for try await message in consumer {
        numbers.append(
          try APICoding.decode(AuditEntry.self, from: Array(message.payload.readableBytesView)).at)
        if numbers.count == 200 { break }
      }
      #expect(numbers == (1...200).map(Double.init))
    }
  }

  @Test func notesThatComeTooFastAreCountedAndTheLossIsTakenDown() async throws {
    try await RegistryRig.run { rig in
      let counters = PlatformCounters()
      let audit = AuditLog(rig.jetStream, counters: counters, logger: quiet)
      // Nobody writes them yet.
      for number in 1...1_500 { audit.note(Self.entry(number, "agent.refused")) }
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await audit.run() }
        let consumer = rig.jetStream.orderedConsumer(
          stream: "PLS_AUDIT", .init(filterSubjects: ["pls.audit.audit.lost"]))
        for try await message in consumer {
          let entry = try APICoding.decode(
            AuditEntry.self, from: Array(message.payload.readableBytesView))
          #expect(entry.details == ["entries": 476])
          break
        }
        group.cancelAll()
      }
      #expect(counters.snapshot.auditLost == 476)
    }
  }

  @Test func whatWasNotedIsWrittenBeforeItFinishes() async throws {
    try await RegistryRig.run { rig in
      let audit = AuditLog(rig.jetStream, logger: quiet)
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await audit.run() }
        for number in 1...50 { audit.note(Self.entry(number, "agent.refused")) }
        await audit.finish()
      }
      let entries = try await rig.audit.entries(limit: 1_000)
      #expect(Set(entries.map(\.at)).count == 50)
    }
  }

  @Test func whatWaitsAtTheEndIsSent() async throws {
    try await RegistryRig.run { rig in
      let audit = AuditLog(rig.jetStream, logger: quiet)
      for number in 1...50 { audit.note(Self.entry(number, "agent.refused")) }
      let writer = Task { await audit.run() }
      writer.cancel()
      await writer.value
      try await rig.client.flush()
      let entries = try await rig.audit.entries(limit: 1_000)
      #expect(Set(entries.map(\.at)).count == 50)
    }
  }

  @Test(arguments: [
    ("agents.label", "pls.audit.agents.label"), ("", "pls.audit.other"), ("a b", "pls.audit.other"),
    ("a.>", "pls.audit.other"), ("*", "pls.audit.other"), ("a..b", "pls.audit.other"),
    (String(repeating: "a", count: 70_000), "pls.audit.other"),
  ]) func noActionMakesABadSubject(action: String, subject: String) async throws {
    try await RegistryRig.run { rig in
      try await rig.audit.record(Self.entry(1, action))
      let raw = try await rig.rawBytes(of: "PLS_AUDIT")
      #expect(raw.hasPrefix(subject + " "))
    }
  }

  @Test func largeDetailsAreLeftOut() async throws {
    try await RegistryRig.run { rig in
      var entry = Self.entry(1)
      entry.object = String(repeating: "x", count: 10_000)
      entry.details = .string(String(repeating: "y", count: 1_000_000))
      try await rig.audit.record(entry)
      let stored = try #require(try await rig.audit.entries(limit: 1).first)
      #expect(stored.object.count == 256 && stored.details == ["left_out": "the details were too large"])
    }
  }

  @Test func nothingCanBeTakenOut() async throws {
    try await RegistryRig.run { rig in
      try await rig.audit.record(Self.entry(1))
      await #expect(throws: JetStreamError.self) { try await rig.jetStream.purgeStream("PLS_AUDIT") }
      let deletion = try await rig.client.request(
        Array(#"{"seq":1}"#.utf8), to: "$JS.API.STREAM.MSG.DELETE.PLS_AUDIT")
      #expect(String(decoding: deletion.payload.readableBytesView, as: UTF8.self).contains("error"))
      #expect(try await rig.audit.entries(limit: 10).count == 1)
    }
  }

  @Test func withoutAStreamNothingIsConfirmed() async throws {
    let server = try await JetStreamServer.start()
    try await withClient(of: server.server) { client in
      let audit = AuditLog(JetStream(client, timeout: .seconds(2)), logger: quiet)
      let error = await apiError { try await audit.record(Self.entry(1)) }
      #expect(error?.code == .unavailable)
      #expect(await apiError { try await audit.entries(limit: 1) }?.code == .unavailable)
    }
  }
}
