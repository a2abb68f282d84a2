import AgentProtocol
import Clocks
import Glibc
import JSON

/// The telemetry of a simulated machine: two processors, two disks, one interface.
struct SimulatedMachine: Sendable {
  private let bootedAt: Int64
  private let hostname: String

  init(_ identity: AgentUUID) {
    bootedAt = UnixTime.now - Int64.random(in: 3600...8_640_000)
    hostname = "vm-\(identity.text.prefix(8))"
  }

  private var uptime: UInt64 { UInt64(UnixTime.now - bootedAt) }

  var capabilities: JSONValue {
    CapabilitiesPayload(
      operations: [
        CatalogueEntry("system.info", "What the machine is."),
        CatalogueEntry("system.metrics", "A snapshot of the machine."),
        CatalogueEntry(
          "services.restart", "Restarts a service.", parameters: [.init("name", .string, "The service.")]),
        CatalogueEntry(
          "exec", "Runs a program.",
          parameters: [
            .init("command", .string, "The program."),
            .init("args", .array, required: false, "Its arguments."),
          ]),
      ],
      execCommands: ["/usr/bin/uptime", "/usr/bin/df"], agentVersion: "0.0.0-simulated", os: "debian 13",
      hostname: hostname
    ).json
  }

  var heartbeat: JSONValue {
    HeartbeatPayload(
      version: "0.0.0-simulated", hostUptimeSeconds: uptime, tasksQueued: 0,
      agent: AgentFootprint(residentBytes: 14_000_000, cpuPercent: 0.1, reconnects: 0, droppedEvents: 0)
    ).json
  }

  /// About the size of a small machine's telemetry.
  var telemetry: JSONValue {
    let usage = Double.random(in: 1...60)
    return [
      "cpu": [
        "usage_pct": .number(usage), "core_count": 2, "load_avg": [0.12, 0.2, 0.15],
        "cores": [["id": 0, "usage_pct": .number(usage)], ["id": 1, "usage_pct": .number(usage / 2)]],
      ],
      "memory": [
        "total_bytes": 4_116_103_168, "used_bytes": 1_214_906_368, "usage_pct": 29.5,
        "available_bytes": 2_901_196_800, "swap_total_bytes": 0, "swap_used_bytes": 0,
      ],
      "disks": [Self.disk("/dev/vda1", "/"), Self.disk("/dev/vdb", "/data")],
      "network": [
        [
          "interface": "eth0", "bytes_sent": 91_231_231, "bytes_recv": 1_231_231_231, "is_up": true,
          "rx_errors": 0, "tx_errors": 0, "rx_bytes_per_s": 12_311, "tx_bytes_per_s": 1_231,
        ]
      ],
      "uptime_s": JSONValue(uptime),
      "pressure": [
        "cpu": ["some_avg10": 0.1], "memory": ["some_avg10": 0, "full_avg10": 0],
        "io": ["some_avg10": 0.2, "full_avg10": 0.1],
      ],
    ]
  }

  private static func disk(_ device: String, _ mountpoint: String) -> JSONValue {
    [
      "device": .string(device), "mountpoint": .string(mountpoint), "total_bytes": 42_949_672_960,
      "used_bytes": 12_884_901_888, "usage_pct": 30,
      "io": [
        "read_bytes_per_s": 4096, "write_bytes_per_s": 81_920, "read_iops": 1, "write_iops": 12,
        "util_pct": 0.4,
      ],
      "fstype": "ext4", "inodes_total": 2_621_440, "inodes_used": 112_233,
    ]
  }
}
