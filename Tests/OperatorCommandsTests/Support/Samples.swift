import JSON

/// Replies of a platform in wire format.
enum Samples {
  static let uuid = "0b5e3a52-6d1c-4a7e-9a55-2f0a3f1c9b11"
  /// Standard error of a command line that names the agent by its host name.
  static let resolved = "plsctl: agent \(uuid) (web-1)\n"
  static let otherUUID = "1c6f4b63-7e2d-4b8f-8b66-3f1b4f2d0c22"

  /// The view of a submitted command, with members of the outcome.
  static func view(of submitted: JSONObject, _ end: JSONValue) -> JSONValue {
    var view = submitted
    let always: JSONObject = ["submitted_by": "admin", "submitted_at": 1.0, "expires_at": 2]
    for member in (end.objectValue?.members ?? []) + always.members { view[member.key] = member.value }
    return .object(view)
  }

  static func agent(_ uuid: String = uuid, _ hostname: String = "web-1", status: String = "alive")
    -> JSONValue
  {
    [
      "uuid": .string(uuid), "status": .string(status), "is_alive": .bool(status == "alive"),
      "labels": ["env": "prod", "some_key": "a b"], "hostname": .string(hostname), "os": "ubuntu 24.04",
      "version": "0.1.0", "last_heartbeat": 1_764_005_590.5, "uptime_s": 86_400, "tasks_queued": 0,
      "cpu_pct": 12.5, "memory_pct": 13.9, "disk_pct": 17.7, "open_alerts": 1,
    ]
  }

  static let telemetry: JSONValue = [
    "cpu": ["usage_pct": 12.5, "core_count": 4, "load_avg": [0.18, 0.23, 0.09], "cores": []],
    "memory": ["total_bytes": 4_051_935_232, "used_bytes": 564_654_080, "usage_pct": 13.9],
    "disks": [
      [
        "device": "/dev/xvda2", "mountpoint": "/", "total_bytes": 42_156_257_280,
        "used_bytes": 7_149_359_104, "usage_pct": 17.7,
        "io": ["read_bytes_per_s": 1_048_576, "write_bytes_per_s": 524_288, "util_pct": 23.4],
      ]
    ],
    "network": [
      [
        "interface": "eth0", "bytes_sent": 95310, "bytes_recv": 1_652_348, "is_up": true,
        "rx_bytes_per_s": 2048, "tx_bytes_per_s": 1024,
      ]
    ],
  ]

  static var detail: JSONValue {
    [
      "agent": agent(), "enrolled_at": 1_763_000_000.0, "enrolled_by": "admin", "valid_tokens": 2,
      "capabilities": ["operations": [["operation": "exec"], ["operation": "system.info"]]],
      "telemetry": telemetry, "telemetry_at": 1_764_005_595.0,
      "alerts": [
        [
          "agent": .string(uuid), "at": 1_764_005_000.0, "severity": "critical", "code": "SERVICE_FAILED",
          "message": "nginx failed", "object_type": "system", "object_id": "nginx.service",
        ]
      ],
    ]
  }

  static func completed(_ output: JSONValue) -> JSONValue {
    ["state": "completed", "attempts": 1, "result": ["status": "completed", "output": output]]
  }

  static func failed(_ code: String, _ message: String, _ output: JSONValue = .null) -> JSONValue {
    [
      "state": "failed", "attempts": 1,
      "result": ["status": "failed", "code": .string(code), "message": .string(message), "output": output],
    ]
  }

  static func rejected(_ code: String, _ message: String) -> JSONValue {
    [
      "state": "rejected", "attempts": 1,
      "result": ["status": "rejected", "code": .string(code), "message": .string(message)],
    ]
  }
}
