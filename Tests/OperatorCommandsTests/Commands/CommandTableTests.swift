import JSON
import NATSTesting
import OperatorCommands
import PlatformAPI
import Testing

/// Request, output and exit status of every command.
@Suite struct CommandTableTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var arguments: [String]
    var method: APIMethod
    var params: JSONValue
    var answer: JSONValue
    var shows: [String]
    var testDescription: String { arguments.joined(separator: " ") }

    init(_ line: String, _ method: APIMethod, _ params: JSONValue, _ answer: JSONValue, _ shows: String...) {
      arguments = line.split(separator: " ").map(String.init)
      self.method = method
      self.params = params
      self.answer = answer
      self.shows = shows
    }
  }

  static let issued: JSONValue = [
    "subject": .string(Samples.uuid), "token": "plsa_secret", "until": 1_764_009_999.0,
  ]
  static let view: JSONValue = [
    "id": "c0ffee00-0000-4000-8000-000000000000", "agent": .string(Samples.uuid), "operation": "exec",
    "params": ["command": "/bin/x"], "submitted_by": "admin", "submitted_at": 1_764_005_000.0,
    "expires_at": 1_764_005_600, "state": "completed", "attempts": 2, "ended_at": 1_764_005_003.0,
    "result": ["status": "completed", "output": ["stdout": "hello\n", "stderr": "", "exit_code": 0]],
  ]

  static let cases: [Case] = [
    Case(
      "status", .platformStatus, [:],
      [
        "version": "0.1.0", "instance": "i-1", "leader": "i-1", "agents": ["alive": 3, "silent": 1],
        "commands_open": 2,
      ],
      "3 alive, 1 silent", "2 open", "admin"),
    Case(
      "agents list -l env=prod", .agentsList, ["limit": 1000, "selector": "env=prod"],
      ["agents": [Samples.agent()], "next": nil], "web-1", "alive", "env=prod,some_key=a b", "12.5 %", "9 s"),
    Case(
      "agents show web-1", .agentsShow, ["agent": "web-1"], Samples.detail, "SERVICE_FAILED",
      "exec system.info", "2 valid"),
    Case(
      "agents enroll --label env=prod", .agentsEnroll, ["labels": ["env": "prod"]], issued, "plsa_secret",
      "api_key: plsa_secret"),
    Case(
      "agents rotate web-1 --grace 10m", .agentsRotate, ["agent": .string(Samples.uuid), "grace_s": 600],
      issued,
      "valid until"),
    Case(
      "agents rotate web-1 --grace 0", .agentsRotate, ["agent": .string(Samples.uuid), "grace_s": 0], issued,
      "plsa_secret"),
    Case(
      "agents revoke web-1 --reason sold --yes", .agentsRevoke,
      ["agent": .string(Samples.uuid), "reason": "sold"],
      Samples.agent(),
      "(web-1) is revoked"),
    Case(
      "agents remove web-1 --force --reason sold --yes", .agentsRemove,
      ["agent": .string(Samples.uuid), "force": true, "reason": "sold"],
      Samples.agent(),
      "(web-1) is removed"),
    Case(
      "agents rotate web-1 --grace 0s", .agentsRotate, ["agent": .string(Samples.uuid), "grace_s": 0], issued,
      "plsa_secret"),
    Case(
      "agents label web-1 env=prod tier-", .agentsLabel,
      ["agent": .string(Samples.uuid), "set": ["env": "prod"], "remove": ["tier"]],
      Samples.agent(), "env=prod"),
    Case(
      "agents enroll-token --label some_Key=b --ttl 1h", .enrollmentsCreate,
      ["labels": ["some_Key": "b"], "ttl_s": 3600],
      ["subject": "", "token": "plse_secret", "until": 1_764_009_999.0], "plse_secret"),
    Case(
      "agents enroll-revoke abcd", .enrollmentsRemove, ["id": "abcd"],
      ["id": "abcd", "labels": ["env": "prod"], "created_by": "admin", "expires_at": 1_764_009_999.0],
      "abcd is revoked"),
    Case(
      "agents enrol-token --label some_Key=b --ttl 1h", .enrollmentsCreate,
      ["labels": ["some_Key": "b"], "ttl_s": 3600],
      ["subject": "", "token": "plse_secret", "until": 1_764_009_999.0], "plse_secret"),
    Case(
      "agents enrol-revoke abcd", .enrollmentsRemove, ["id": "abcd"],
      ["id": "abcd", "labels": ["env": "prod"], "created_by": "admin", "expires_at": 1_764_009_999.0],
      "abcd is revoked"),
    Case(
      "agents enrolments", .enrollmentsList, [:],
      [["id": "abcd", "labels": ["env": "prod"], "created_by": "admin", "expires_at": 1_764_009_999.0]],
      "abcd", "env=prod"),
    Case(
      "agents enrollments", .enrollmentsList, [:],
      [["id": "abcd", "labels": ["env": "prod"], "created_by": "admin", "expires_at": 1_764_009_999.0]],
      "abcd", "env=prod"),
    Case(
      "operators add bob --role viewer", .operatorsAdd, ["name": "bob", "role": "viewer", "replace": false],
      ["subject": "bob", "token": "plso_secret"], "plso_secret", "viewer"),
    Case("operators list", .operatorsList, [:], [["name": "bob", "role": "viewer"]], "bob", "viewer"),
    Case("operators remove bob --yes", .operatorsRemove, ["name": "bob"], nil, "bob is removed"),
    Case(
      "audit --object web-1 -n 5", .auditList, ["object": "web-1", "limit": 5],
      [
        [
          "at": 1_764_005_000.0, "by": "admin", "action": "agents.revoke", "object": "x",
          "details": ["reason": "sold"],
        ]
      ],
      "agents.revoke", #"{"reason":"sold"}"#),
    Case(
      "audit --agent web-1 --by ada --action agents.* --since 1h", .auditList,
      [
        "object": .string(Samples.uuid), "by": "ada", "action": "agents.*", "since_s": 3600, "limit": 100,
      ],
      [
        [
          "at": 1_764_005_000.0, "by": "ada", "action": "commands.submit", "object": "x",
          "details": [
            "agent": .string(Samples.uuid), "hostname": "web-1", "operation": "exec",
            "params": ["command": "/bin/x", "args": ["a b"]], "timeout_s": 5,
          ],
        ]
      ],
      "exec /bin/x 'a b' on web-1", #"{"timeout_s":5}"#),
    Case(
      "commands list --agent web-1 --state failed -n 3", .commandsList,
      ["agent": "web-1", "state": "failed", "limit": 3],
      [view], "c0ffee00", "completed", "3 s", "web-1", "exec /bin/x"),
    Case("commands show c0ff", .commandsShow, ["id": "c0ff"], view, "state", "completed", "stdout", "hello"),
    Case("commands wait c0ff", .commandsShow, ["id": "c0ff"], view, "hello"),
    Case("commands cancel c0ff", .commandsCancel, ["id": "c0ff"], view, "is completed"),
    Case(
      "events --type alert,result --since 24h --agent web-1", .eventsList,
      ["agent": "web-1", "types": ["alert", "result"], "since_s": 86_400, "limit": 200],
      [
        [
          "agent": .string(Samples.uuid), "at": 1_764_005_000.0, "type": "alert",
          "payload": ["severity": "warning", "code": "DISK_FULL"],
        ]
      ],
      "web-1", "warning DISK_FULL"),
    Case(
      "telemetry show web-1", .telemetryLast, ["agent": "web-1"],
      [
        "agent": .string(Samples.uuid), "at": 1_764_005_590.0, "type": "telemetry",
        "payload": Samples.telemetry,
      ],
      "10 s ago", "12.5 %", "eth0", "538.5 MiB of 3.8 GiB"),
  ]

  @Test(arguments: cases)
  func commandCallsMethodAndPrintsResult(this: Case) async throws {
    try await ScriptedPlatform.with { platform in
      platform.answer(this.method, this.answer)
      let console = platform.console()
      #expect(await console.run(this.arguments) == .done, "\(console.errors)")
      // Commands that change an agent resolve it first.
      #expect(platform.asked.allSatisfy { [this.method, .agentsShow].map(\.rawValue).contains($0.method) })
      #expect(Self.sorted(platform.asked(this.method).first) == Self.sorted(this.params))
      for text in this.shows { #expect(console.output.contains(text), "\(console.output)") }
      #expect(console.errors.isEmpty)

      let json = platform.console()
      #expect(await json.run(this.arguments + ["-o", "json"]) == .done, "\(json.errors)")
      let asItCame = try json.json()
      let answer = try JSONReader.parse(JSONWriter.encode(this.answer))
      #expect(asItCame == answer)
      let yaml = platform.console()
      #expect(await yaml.run(this.arguments + ["-o", "yaml"]) == .done, "\(yaml.errors)")
      #expect(!yaml.output.isEmpty)
    }
  }

  struct Operation: Sendable, CustomTestStringConvertible {
    var arguments: [String]
    var operation: String
    var params: JSONValue?
    var output: JSONValue
    var shows: [String]
    var testDescription: String { arguments.joined(separator: " ") }

    init(_ line: String, _ operation: String, _ params: JSONValue?, _ output: JSONValue, _ shows: String...) {
      arguments = line.split(separator: " ").map(String.init)
      self.operation = operation
      self.params = params
      self.output = output
      self.shows = shows
    }
  }

  static func service(_ action: String) -> Operation {
    Operation(
      "services \(action) web-1 nginx", "services.\(action)", ["name": "nginx"],
      ["service": "nginx.service", "action": .string(action), "success": true, "message": "done"],
      "nginx.service: done")
  }

  static let operations: [Operation] = [
    Operation(
      "system info web-1", "system.info", nil,
      ["hostname": "web-1", "os": "ubuntu 24.04", "uptime": 86_400, "boot_time": 1_763_000_000],
      "ubuntu 24.04", "1 d"),
    Operation("system metrics web-1", "system.metrics", nil, Samples.telemetry, "12.5 %", "eth0"),
    Operation(
      "system cpu web-1", "system.cpu", nil, ["usage_pct": 99.0, "core_count": 4, "load_avg": [1.5]],
      "99.0 %", "load 1.50"),
    Operation(
      "system memory web-1", "system.memory", nil,
      ["total_bytes": 1024, "used_bytes": 512, "usage_pct": 50.0], "512 B of 1.0 KiB"),
    Operation(
      "system disk web-1", "system.disk", nil, [["mountpoint": "/data", "usage_pct": 91.0]], "/data", "91.0 %"
    ),
    Operation(
      "system network web-1", "system.network", nil, [["interface": "eth9", "is_up": false]], "eth9 (down)"),
    Operation(
      "services list web-1", "services.list", nil,
      [
        [
          "name": "nginx.service", "description": "web", "state": "active", "sub_state": "running",
          "enabled": true, "pid": 7,
        ]
      ],
      "nginx.service", "active", "yes", "7"),
    Operation(
      "services get web-1 nginx", "services.get", ["name": "nginx"],
      ["name": "nginx.service", "state": "failed"], "failed"),
    service("start"), service("stop"), service("restart"), service("reload"), service("enable"),
    service("disable"),
    Operation(
      "exec web-1 -- /bin/echo -n hi", "exec", ["command": "/bin/echo", "args": ["-n", "hi"]],
      ["stdout": "hi", "stderr": "", "exit_code": 0], "hi"),
    Operation(
      "update web-1", "system.update", nil, ["distro": "ubuntu", "reboot_required": true],
      "reboot_required: true"),
    Operation("reboot web-1 --yes", "vm.reboot", nil, ["stdout": "", "stderr": ""], "vm.reboot: done"),
    Operation("shutdown web-1 -y", "vm.shutdown", nil, ["stdout": "", "stderr": ""], "vm.shutdown: done"),
    Operation(
      "logs web-1 nginx -n 20", "logs.tail", ["unit": "nginx", "lines": 20],
      ["unit": "nginx.service", "lines": ["one", "t\u{1B}wo"]],
      "one\nt\\u{1B}wo"),
    Operation(
      "telemetry interval web-1 5s", "telemetry.set_interval", ["interval_s": 5],
      ["requested_interval_s": 5, "applied_interval_s": 5], "applied_interval_s: 5"),
  ]

  @Test(arguments: operations)
  func commandSubmitsOperationAndPrintsResult(this: Operation) async throws {
    try await ScriptedPlatform.with { platform in
      platform.end(this.operation, with: Samples.completed(this.output))
      let console = platform.console()
      #expect(await console.run(this.arguments) == .done, "\(console.errors)")
      let asked = platform.asked(.commandsSubmit).first?.objectValue
      #expect(asked?["agent"] == .string(Samples.uuid), "the resolved uuid, not the reference")
      #expect(console.errors == Samples.resolved)
      #expect(asked?["operation"]?.stringValue == this.operation)
      #expect(Self.sorted(asked?["params"]) == Self.sorted(this.params))
      #expect(asked?["id"]?.stringValue?.count == 36)
      // The command expires when plsctl stops waiting.
      #expect(asked?["expires_in_s"]?.integerValue == (this.operation == "system.update" ? 2100 : 60))
      #expect(asked?["timeout_s"] == nil)
      for text in this.shows { #expect(console.output.contains(text), "\(console.output)") }

      let json = platform.console()
      let split = this.arguments.firstIndex(of: "--") ?? this.arguments.count
      let arguments = this.arguments[..<split] + ["-o", "json"] + this.arguments[split...]
      #expect(await json.run(Array(arguments)) == .done, "\(json.errors)")
      let view = try json.json().objectValue
      #expect(view?["state"] == "completed")
      let output = try JSONReader.parse(JSONWriter.encode(this.output))
      #expect(view?["result"]?.objectValue?["output"] == output)
    }
  }

  /// Sorts members by key, as their order is not significant.
  static func sorted(_ value: JSONValue?) -> JSONValue? {
    switch value {
    case .object(let object):
      .object(
        JSONObject(
          object.members.sorted { $0.key < $1.key }.map {
            .init(key: $0.key, value: sorted($0.value) ?? .null)
          }))
    case .array(let elements): .array(elements.map { sorted($0) ?? .null })
    default: value
    }
  }
}
