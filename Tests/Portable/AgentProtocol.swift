import AgentProtocol
import JSON

@_silgen_name("exit") private func exit(_ status: Int32) -> Never

private func expect(_ condition: Bool, _ what: StaticString) {
  guard !condition else { return }
  print("failed: ", terminator: "")
  print(what)
  exit(1)
}

/// Whether a payload decodes to itself from its bytes.
private func survives<Payload: MessagePayload>(_ payload: Payload) -> Bool {
  Payload(parsing: JSONWriter.encode(payload.json)) == payload
}

@main struct AgentProtocolProgram {
  static func main() {
    identities()
    envelopes()
    payloads()
    limits()
    print("identities, envelopes, payloads and limits are right")
  }

  private static func identities() {
    let uuid = "0f6c7b1e-52a9-4d0e-8c11-aa5e7d9b3c42"
    expect(AgentUUID("0F6C7B1E-52A9-4D0E-8C11-AA5E7D9B3C42")?.text == uuid, "a UUID in upper case")
    expect(AgentUUID("a.b") == nil && AgentUUID("\u{212A}") == nil, "other text")
    expect(AgentUUID("Web-1")?.matches("wEB-1") == true, "ASCII letters without case")
    expect(UUIDText.suggestion(for: "{\(uuid)}") == uuid, "a UUID in braces")
    expect(UUIDText.canonical(MessageID.random()) != nil, "a random id")
    expect(MessageID.random() != MessageID.random(), "two random ids")
    expect(JournalCursor.isValid("s=1;i=2") && !JournalCursor.isValid("s=\u{37E}"), "a cursor")
    if let agent = AgentUUID("a") { expect(AgentSubjects(agent).all.count == 3, "subjects") }
  }

  private static func envelopes() {
    guard let agent = AgentUUID("web-1") else { return expect(false, "an identity") }
    let writer = EnvelopeWriter(agent: agent)
    let payload = CommandPayload(
      operation: "exec", params: ["path": "/bin/df"], timeoutSeconds: 5, expiresAt: 9)
    let bytes = writer.envelope(.command, payload: payload.json, id: "c", replyTo: "_INBOX.x", timestamp: 7)
    do throws(EnvelopeError) {
      let envelope = try Envelope(parsing: bytes)
      expect(envelope.id == "c" && envelope.replyTo == "_INBOX.x" && envelope.timestamp == 7, "an envelope")
      do throws(CommandPayloadError) {
        expect(try CommandPayload(parsing: envelope.payload) == payload, "a command")
      } catch {
        expect(false, "a command that decodes")
      }
      let time = try Envelope(parsing: writer.time(inReplyTo: "m", timestamp: 8))
      expect(time.isTime && TimePayload(parsing: time.payload)?.inReplyTo == "m", "the time")
    } catch {
      expect(false, "an envelope that decodes")
    }
    do throws(EnvelopeError) {
      _ = try Envelope(parsing: Array(#"{"v":2}"#.utf8))
      expect(false, "another version")
    } catch {
      expect(error == .unsupportedVersion(2) && error.description == "version 2, expected 1", "its error")
    }
    do throws(CommandPayloadError) {
      _ = try CommandPayload(parsing: Array(#"{"operation":"x","params":1}"#.utf8))
      expect(false, "parameters that are a number")
    } catch {
      expect(error.description == "\"params\" is a number, expected an object", "their error")
    }
  }

  private static func payloads() {
    let capabilities = CapabilitiesPayload(
      operations: [
        CatalogueEntry(
          "exec", "Run a program", parameters: [.init("n", .integer, "a number", minimumValue: 5)])
      ], execCommands: ["/bin/df"], agentVersion: "1", os: "debian 12", hostname: "web-1")
    expect(survives(capabilities), "capabilities")
    let footprint = AgentFootprint(residentBytes: 1, cpuPercent: 0.5, reconnects: 2, droppedEvents: 3)
    expect(
      survives(HeartbeatPayload(version: "1", hostUptimeSeconds: .max, tasksQueued: 4, agent: footprint)),
      "a heartbeat")
    expect(
      survives(
        AlertPayload(.warning, code: "X", message: "m", objectType: .disk, objectID: "/", details: ["a": 1])),
      "an alert")
    expect(
      survives(ProgressPayload(commandID: "c", sequence: 1, stream: .stderr, data: "\u{0}é")), "progress")
    let result = ResultPayload(
      commandID: "c", status: .failed, code: .timedOut, message: "late",
      output: ["text": .string(String(repeating: "x", count: 9_000))], durationMilliseconds: 3)
    expect(survives(result), "a result")
    let fitted = result.fitting(1_000)
    expect(fitted.isTruncated && JSONWriter.encode(fitted.json).count <= 1_000, "a result that is shortened")
    let telemetry = TelemetryPayload(
      cpu: .init(
        usagePercent: 12.5, coreCount: 2, loadAverage: [0.1, 0.2, 0.3], cores: [.init(id: 0, usagePercent: 9)]
      ),
      memory: .init(totalBytes: 8, usedBytes: 4, usagePercent: 50, availableBytes: 4),
      disks: (0..<100).map {
        .init(
          device: "/dev/vda\($0)", mountpoint: $0 == 0 ? "/" : "/data\($0)", totalBytes: .max, usedBytes: 1,
          usagePercent: Double($0),
          io: .init(readBytesPerSecond: 1, writeBytesPerSecond: 2, readIOPS: 3, writeIOPS: 4, utilPercent: 5))
      },
      network: [.init(interface: "eth0", bytesSent: 1, bytesReceived: 2, isUp: true, isStacked: false)],
      uptimeSeconds: 3, pressure: .init(cpu: .init(some: 1.5)))
    expect(survives(telemetry), "telemetry")
    let shortened = telemetry.fitting(4_000)
    expect(JSONWriter.encode(shortened.json).count <= 4_000, "telemetry that is shortened")
    expect(shortened.disks.first?.mountpoint == "/" && !shortened.omitted.isEmpty, "its disks")
    expect(survives(shortened), "telemetry with omissions")
  }

  private static func limits() {
    let large = JSONWriter.encode(["version": .string(String(repeating: "x", count: 20_000)), "uptime_s": 1])
    expect(HeartbeatPayload(parsing: large) == nil, "a heartbeat that is too large")
    expect(PayloadLimits.bytes(of: .alert, messageLimit: 2_048) == 1_024, "the limit of a server")
  }
}
