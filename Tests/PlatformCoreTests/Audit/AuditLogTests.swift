import JSON
import JetStream
import NATS
import NATSTesting
import NIOCore
import PlatformAPI
import Testing

@testable import PlatformCore

@Suite struct AuditLogTests {
  private static func entry(_ number: Int, _ action: String = "agents.label", object: String = "a")
    -> AuditEntry
  {
    AuditEntry(
      at: Double(number), by: "ada", action: action, object: object, details: ["number": JSONValue(number)])
  }

  @Test func entriesAreListedNewestFirst() async throws {
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

  @Test func entriesOfCommandsAreFoundByAgentAndCommand() async throws {
    try await RegistryRig.run { rig in
      var entry = Self.entry(1, "commands.submit", object: "command-1")
      entry.details = ["agent": "agent-1", "operation": "system.info"]
      try await rig.audit.record(entry)
      #expect(try await rig.audit.entries(of: ["agent-1"], limit: 3) == [entry])
      #expect(try await rig.audit.entries(of: ["command-1"], limit: 3) == [entry])
      #expect(try await rig.audit.entries(of: ["system.info"], limit: 3).isEmpty)
    }
  }

  @Test func oldEntriesAreFoundBeyondTheFirstWindow() async throws {
    try await RegistryRig.run { rig in
      try await rig.audit.record(Self.entry(0, object: "rare"))
      // More entries than the first window.
      let bytes = try APICoding.encode(Self.entry(1))
      for _ in 0..<9_000 {
        try await rig.client.publishWithBackpressure(bytes, to: "pls.record.entry.agents.label")
      }
      try await rig.client.flush()
      try await rig.audit.record(Self.entry(2, object: "rare"))
      #expect(try await rig.audit.entries(of: ["rare"], limit: 5).map(\.at) == [2, 0])
    }
  }

  @Test func queuedEntriesAreWrittenInOrder() async throws {
    try await RegistryRig.run { rig in
      for number in 1...200 { rig.audit.enqueue(Self.entry(number)) }
      try await eventually("all are written") { try await rig.audit.entries(limit: 1_000).count == 200 }
      #expect(try await rig.audit.entries(limit: 1_000).reversed().map(\.at) == (1...200).map(Double.init))
    }
  }

  @Test func droppedEntriesAreCountedAndRecorded() async throws {
    try await RegistryRig.run { rig in
      let counters = PlatformCounters()
      let audit = AuditLog(rig.jetStream, counters: counters, logger: quiet)
      // The log does not run yet.
      for number in 1...1_500 { audit.enqueue(Self.entry(number)) }
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await audit.run() }
        try await eventually("the loss is recorded") {
          try await audit.entries(limit: 1_000).contains { $0.action == "audit.lost" }
        }
        #expect(
          try await audit.entries(limit: 1_000).first { $0.action == "audit.lost" }?.details == [
            "entries": 476
          ])
        group.cancelAll()
      }
      #expect(counters.snapshot.auditLost == 476)
    }
  }

  @Test func finishWaitsForQueuedEntries() async throws {
    try await RegistryRig.run { rig in
      let audit = AuditLog(rig.jetStream, logger: quiet)
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await audit.run() }
        for number in 1...50 { audit.enqueue(Self.entry(number)) }
        await audit.finish()
      }
      let entries = try await rig.audit.entries(limit: 1_000)
      #expect(Set(entries.map(\.at)).count == 50)
    }
  }

  @Test func cancelledRunSendsQueuedEntries() async throws {
    try await RegistryRig.run { rig in
      let audit = AuditLog(rig.jetStream, logger: quiet)
      for number in 1...50 { audit.enqueue(Self.entry(number)) }
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
  ]) func actionThatIsNoSubjectIsFiledUnderOther(action: String, subject: String) async throws {
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

  @Test func commandEndIsRecordedOnceEvenWhenItsMessageIDIsTaken() async throws {
    try await RegistryRig.run { rig in
      var end = Self.entry(1, "command.ended", object: "c-1")
      end.at = 1_795_951_857.512_837_6
      end.details = ["state": "completed", "agent": "a", "operation": "exec", "attempts": 2]
      for _ in 0..<3 { try await rig.audit.record(end) }
      #expect(try await rig.audit.entries(of: ["c-1"], limit: 10).count == 1)
      // A holder of the platform's key takes the message id.
      let record = AuditRecord.jetStream(rig.client)
      _ = try await record.publish(
        [0x7B, 0x7D], to: "pls.record.entry.x", messageID: "command.ended:c-2")
      let other = Self.entry(2, "command.ended", object: "c-2")
      try await rig.audit.record(other)
      #expect(try await rig.audit.entries(of: ["c-2"], limit: 10) == [other])
    }
  }

  @Test func fullRecordRejectsEntriesAndKeepsOldOnes() async throws {
    var settings = StorageSettings()
    settings.audit.maxBytes = 64 << 10
    try await RegistryRig.run(on: JetStreamServer.start(), storage: settings) { rig in
      var refused: APIError?
      for number in 1...1_000 {
        refused = await apiError { try await rig.audit.record(Self.entry(number)) }
        if refused != nil { break }
      }
      #expect(refused?.code == .unavailable && refused?.message.contains("is full") == true)
      let entries = try await rig.audit.entries(limit: 1_000)
      #expect(entries.last?.at == 1, "the oldest entry was removed")
      // Changes without an entry are rejected.
      let error = await apiError { try await rig.registry.enroll(by: "ada") }
      #expect(error?.code == .unavailable && rig.registry.agentCount == 0)
    }
  }

  @Test func lastPercentOfTheRecordAreReservedForRevocations() async throws {
    var settings = StorageSettings()
    settings.audit.maxBytes = 1 << 20
    try await RegistryRig.run(on: JetStreamServer.start(), storage: settings) { rig in
      // Filled by other publishers before the platform queries it.
      for _ in 0..<16 {
        _ = try await rig.client.request([UInt8](repeating: 0x78, count: 65_000), to: "pls.record.entry.test")
      }
      let audit = AuditLog(rig.jetStream, maxBytes: 1 << 20, logger: quiet)
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await audit.run() }
        try await eventually("changes are refused") {
          await apiError { try await audit.record(Self.entry(1)) }?.message.contains("is full") == true
        }
        try await audit.record(Self.entry(2, "agents.revoke"))
        try await audit.record(Self.entry(3, "operators.remove"))
        #expect(try await audit.entries(limit: 2).map(\.at) == [3, 2])
        group.cancelAll()
      }
    }
  }

  @Test func operatorBeyondItsShareIsRejectedAndOthersAreNot() async throws {
    try await RegistryRig.run { rig in
      let audit = AuditLog(rig.jetStream, maxBytes: 64 << 10, logger: quiet)
      var refused: APIError?
      var written = 0
      while refused == nil, written < 1_000 {
        refused = await apiError { try await audit.record(Self.entry(written)) }
        written += 1
      }
      #expect(refused?.code == .busy && refused?.message.contains("ada") == true)
      #expect(written < 64, "more than an eighth of 64 KiB")
      var other = Self.entry(0)
      other.by = "bob"
      try await audit.record(other)
      #expect(try await audit.entries(limit: 1).first?.by == "bob")
    }
  }

  @Test func alarmsAreThrottledPerObjectAndBounded() async throws {
    try await RegistryRig.run { rig in
      let counters = PlatformCounters()
      let audit = AuditLog(rig.jetStream, maxBytes: 1 << 20, counters: counters, logger: quiet)
      for number in 1...5_000 {
        audit.enqueue(
          AuditEntry(
            at: 0, by: "platform", action: "agent.refused", object: "stranger\(number)", details: [:]))
        audit.enqueue(
          AuditEntry(at: 0, by: "platform", action: "agent.clone_suspected", object: "one", details: [:]))
      }
      let entries = try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await audit.run() }
        await audit.finish()
        return try await audit.entries(limit: 1_000)
      }
      #expect(entries.count { $0.object == "one" } == 1)
      #expect(entries.count < (1 << 20) / 64 / 256, "more than a 64th of the record")
      #expect(counters.snapshot.auditSuppressed == UInt64(10_000 - entries.count))
    }
  }

  @Test func entriesCannotBeRemoved() async throws {
    try await RegistryRig.run { rig in
      try await rig.audit.record(Self.entry(1))
      // Neither through the imports, nor in the account of the fleet, which has no such stream.
      for prefix in [AuditRecord.apiPrefix, "$JS.API"] {
        let jetStream = JetStream(rig.client, timeout: .milliseconds(100), apiPrefix: prefix)
        await #expect(throws: JetStreamError.self) { try await jetStream.purgeStream("PLS_AUDIT") }
        await #expect(throws: JetStreamError.self) { try await jetStream.deleteStream("PLS_AUDIT") }
      }
      let other = StreamConfiguration(name: "PLS_AUDIT", subjects: ["pls.audit.>"])
      await #expect(throws: JetStreamError.self) { _ = try await rig.audit.record.createStream(other) }
      #expect(await AuditProtection.warnings(fleet: rig.client).isEmpty)
      _ = try await rig.jetStream.createStream(other)
      #expect(try await rig.audit.entries(limit: 10).count == 1)
      #expect(
        await AuditProtection.warnings(fleet: rig.client).count == 1,
        "no warning about a stream of that name in the account of the fleet")
    }
  }

  @Test func recordWithoutAStreamThrowsUnavailable() async throws {
    let server = try await JetStreamServer.start()
    try await withClient(of: server.server) { client in
      let audit = AuditLog(JetStream(client, timeout: .seconds(2)), logger: quiet)
      let error = await apiError { try await audit.record(Self.entry(1)) }
      #expect(error?.code == .unavailable)
      #expect(await apiError { try await audit.entries(limit: 1) }?.code == .unavailable)
    }
  }
}
