import AgentProtocol
import Clocks
import JSON
import JetStream
import Loopback
import NATS
import PlatformAPI
import PlatformCore

/// The rate at which the leader folds a backlog of events: heartbeats and telemetry of many agents in equal parts.
struct Folding {
  private let clock = ContinuousClock()

  func run(_ url: String, agents: Int, events: Int) async throws {
    try await Platform.withClient(url) { client in
      _ = try await StreamProvisioner(JetStream(client), logger: Platform.silent).provision()
      let telemetry = Self.telemetry
      print("a telemetry event takes \(JSONWriter.encode(telemetry).count) bytes")
      for number in 0..<events {
        guard let agent = AgentUUID(Platform.uuid(number / 2 % agents)) else { continue }
        let writer = EnvelopeWriter(agent: agent)
        let bytes =
          number.isMultiple(of: 2)
          ? writer.envelope(
            .heartbeat, payload: ["version": "2.0.0", "uptime_s": 1000, "tasks_queued": 0],
            timestamp: UnixTime.now)
          : writer.envelope(.telemetry, payload: telemetry, timestamp: UnixTime.now)
        try await client.publishWithBackpressure(bytes, to: AgentSubjects(agent).events)
      }
      try await client.flush(timeout: .seconds(60))
      let stored = try await JetStream(client).stream(PlatformStorage.eventsStream).state.messages
      print("\(stored) events of \(agents) agents in the stream")
    }
    let counters = PlatformCounters()
    let before = Platform.processorSeconds
    try await Platform.run(url, agents: [], counters: counters) { service in
      while counters.snapshot.eventsFolded == 0 { try await Task.sleep(for: .milliseconds(1)) }
      let begun = clock.now
      let first = counters.snapshot.eventsFolded
      while counters.snapshot.eventsFolded < events { try await Task.sleep(for: .milliseconds(1)) }
      let took = clock.now - begun
      let used = Platform.processorSeconds - before
      let folded = Double(counters.snapshot.eventsFolded - first)
      let seconds = Double(took.components.seconds) + Double(took.components.attoseconds) * 1e-18
      print(
        "folded \(Int(folded / seconds)) events/s; \(Int(Double(events) / used)) events a second of processor "
          + "time, reading, parsing and writing states included")
    }
  }

  /// Telemetry of a machine with 8 cores, 3 disks and 2 interfaces.
  private static var telemetry: JSONValue {
    let cores: [JSONValue] = (0..<8).map { ["id": JSONValue($0), "usage_pct": 12.5] }
    let disks: [JSONValue] = (0..<3).map {
      [
        "device": .string("/dev/xvd\($0)"), "mountpoint": .string("/data/\($0)"),
        "total_bytes": 42_156_257_280,
        "used_bytes": 7_149_359_104, "usage_pct": 17.7, "fstype": "ext4", "inodes_total": 2_621_440,
        "inodes_used": 84_211,
        "io": [
          "read_bytes_per_s": 1_048_576, "write_bytes_per_s": 524_288, "read_iops": 120, "write_iops": 45,
          "util_pct": 23.4,
        ],
      ]
    }
    let network: [JSONValue] = (0..<2).map {
      [
        "interface": .string("eth\($0)"), "bytes_sent": 95_310_000, "bytes_recv": 1_652_348_000,
        "is_up": true,
        "rx_errors": 0, "tx_errors": 0, "rx_bytes_per_s": 1200, "tx_bytes_per_s": 900,
      ]
    }
    return [
      "cpu": [
        "usage_pct": 12.5, "core_count": 8, "load_avg": [0.18, 0.23, 0.09], "cores": .array(cores),
      ],
      "memory": ["total_bytes": 4_051_935_232, "used_bytes": 564_654_080, "usage_pct": 13.9],
      "disks": .array(disks), "network": .array(network), "uptime_s": 86_400,
    ]
  }
}
