import AgentProtocol
import JSON
import Testing

/// Every payload decodes to itself, ignores unknown members, and rejects what is malformed or too large.
@Suite struct PayloadCodingTests {
  static let footprint = AgentFootprint(
    residentBytes: 12_000_000, cpuPercent: 0.25, reconnects: 1, droppedEvents: 2, commandsRefused: true)

  static let telemetry = TelemetryPayload(
    cpu: .init(
      usagePercent: 12.5, coreCount: 2, loadAverage: [0.5, 0.25, 0.125],
      cores: [.init(id: 0, usagePercent: 20), .init(id: 1, usagePercent: 5)]),
    memory: .init(
      totalBytes: 8 << 30, usedBytes: 4 << 30, usagePercent: 50, availableBytes: 3 << 30, swapTotalBytes: 0,
      swapUsedBytes: 0),
    disks: [
      .init(
        device: "/dev/vda1", mountpoint: "/", totalBytes: .max, usedBytes: 1, usagePercent: 1.25,
        io: .init(readBytesPerSecond: 1, writeBytesPerSecond: 2, readIOPS: 3, writeIOPS: 4, utilPercent: 5),
        filesystem: "ext4", inodesTotal: 100, inodesUsed: 10),
      .init(
        device: "tank/data", mountpoint: "/data", totalBytes: 2, usedBytes: 1, usagePercent: 50,
        isReadOnly: true),
    ],
    network: [
      .init(
        interface: "eth0", bytesSent: 1, bytesReceived: 2, isUp: true, rxErrors: 3, txErrors: 4,
        rxBytesPerSecond: 5, txBytesPerSecond: 6, isStacked: false)
    ],
    uptimeSeconds: 1000,
    pressure: .init(cpu: .init(some: 0.5), memory: .init(some: 0.25, full: 0), io: .init()),
    omitted: ["disks": 3])

  private func expectCoding<Payload: MessagePayload>(_ payload: Payload) throws {
    #expect(Payload(payload.json) == payload)
    #expect(Payload(parsing: JSONWriter.encode(payload.json)) == payload)
    var object = try #require(payload.json.objectValue)
    object.append("later", ["deep": [[[1]]]])
    #expect(Payload(.object(object)) == payload, "an unknown member")
    for bytes in [[], Array("null".utf8), Array("[]".utf8), Array("{".utf8), [0xFF]] {
      #expect(Payload(parsing: bytes) == nil)
    }
    if let limit = PayloadLimits.bytes(of: Payload.messageType) {
      object.append("text", .string(String(repeating: "x", count: limit)))
      #expect(Payload(parsing: JSONWriter.encode(.object(object))) == nil, "too large")
    }
  }

  @Test func capabilitiesDecodeToThemselves() throws {
    let entries = [
      CatalogueEntry(
        "agent.cancel", "Cancel a command", parameters: [.init("command_id", .string, "the id")]),
      CatalogueEntry(
        "exec", "Run a program",
        parameters: [
          .init("path", .string, "the program"), .init("args", .array, required: false, "arguments"),
          .init("n", .integer, required: false, "a number", minimumValue: 5),
          .init("flag", .boolean, required: false, "a flag"),
        ]),
    ]
    try expectCoding(
      CapabilitiesPayload(
        operations: entries, execCommands: ["/bin/df", "/bin/caf\u{E9}"], agentVersion: "1", os: "debian 12",
        hostname: "web-1"))
    try expectCoding(
      CapabilitiesPayload(operations: [], execCommands: nil, agentVersion: nil, os: nil, hostname: nil))
  }

  @Test func heartbeatDecodesToItself() throws {
    try expectCoding(
      HeartbeatPayload(version: "1", hostUptimeSeconds: .max, tasksQueued: 3, agent: Self.footprint))
    try expectCoding(HeartbeatPayload(version: "1", hostUptimeSeconds: 0, tasksQueued: 0, agent: nil))
  }

  @Test func telemetryDecodesToItself() throws {
    try expectCoding(Self.telemetry)
    try expectCoding(TelemetryPayload(cpu: nil, memory: nil))
  }

  @Test func resultDecodesToItself() throws {
    var result = ResultPayload(
      commandID: "c", status: .failed, code: .timedOut, message: "late", output: ["stdout": "\u{0}é"],
      durationMilliseconds: 3, isTruncated: true)
    result.isReplayed = true
    try expectCoding(result)
    try expectCoding(ResultPayload(commandID: "", status: .completed))
  }

  @Test func alertDecodesToItself() throws {
    try expectCoding(
      AlertPayload(
        .emergency, code: "DISK_FULL", message: "m", objectType: .disk, objectID: "/", details: ["used": 99.5]
      ))
  }

  @Test func progressDecodesToItself() throws {
    try expectCoding(ProgressPayload(commandID: "c", sequence: .max, stream: .stderr, data: "line\n"))
  }

  @Test func timeDecodesToItself() throws {
    try expectCoding(TimePayload(inReplyTo: "m"))
  }

  @Test func commandDecodesToItself() throws {
    for command in [
      CommandPayload(operation: "x"),
      CommandPayload(
        operation: "exec", params: ["args": ["-h"]], timeoutSeconds: 5, expiresAt: -1, madeAt: 0),
    ] {
      #expect(try CommandPayload(parsing: JSONWriter.encode(command.json)) == command)
    }
  }

  /// What the original agent and earlier versions of this one send.
  @Test func telemetryOfEarlierAgentsDecodes() throws {
    let text = """
      {"cpu":{"usage_pct":101.5,"core_count":2,"load_avg":[1,2,3,4]},"memory":{"total_bytes":1e3},
       "disks":[{"mountpoint":"/","usage_pct":7},{"usage_pct":9},1],"network":[{"interface":"eth0","bytes_sent":-1},{}]}
      """
    let telemetry = try #require(TelemetryPayload(parsing: Array(text.utf8)))
    #expect(telemetry.cpu?.loadAverage == [1, 2, 3])
    #expect(telemetry.memory?.totalBytes == 1000)
    #expect(telemetry.disks.map(\.usagePercent) == [7, 9] && telemetry.disks.map(\.mountpoint) == ["/", ""])
    #expect(telemetry.network.map(\.bytesSent) == [0, 0])
    #expect(telemetry.network.map(\.interface) == ["eth0", ""])
    #expect(telemetry.uptimeSeconds == nil && telemetry.pressure == nil && telemetry.omitted.isEmpty)
  }

  @Test(arguments: [
    #"{"version":"1","uptime_s":1}"#, #"{"version":"1","uptime_s":-1,"tasks_queued":0}"#,
    #"{"version":"1","uptime_s":1,"tasks_queued":-1}"#, #"{"version":1,"uptime_s":1,"tasks_queued":0}"#,
    #"{"version":"1","uptime_s":1,"tasks_queued":1e300}"#,
  ])
  func malformedHeartbeatIsRejected(text: String) {
    #expect(HeartbeatPayload(parsing: Array(text.utf8)) == nil)
  }

  @Test(arguments: [
    #"{"severity":"bad","code":"X","object_type":"disk"}"#, #"{"severity":"info","object_type":"disk"}"#,
    #"{"severity":"info","code":"X","object_type":"dis\u212A"}"#,
  ])
  func malformedAlertIsRejected(text: String) {
    #expect(AlertPayload(parsing: Array(text.utf8)) == nil)
  }

  @Test func hostileNumbersAreClampedOrDropped() throws {
    let text =
      #"{"cpu":{"core_count":1e300,"usage_pct":1e999,"cores":[{"id":1e300},{"id":0}]},"uptime_s":-1}"#
    let telemetry = try #require(TelemetryPayload(parsing: Array(text.utf8)))
    #expect(telemetry.cpu?.coreCount == 0)
    #expect(telemetry.cpu?.usagePercent == .greatestFiniteMagnitude)
    #expect(telemetry.cpu?.cores.map(\.id) == [0])
    #expect(telemetry.uptimeSeconds == nil)
  }
}
