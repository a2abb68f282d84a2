import Logging
import StructuredLogging
import TestFiles
import Testing

@testable import AgentCore

@Suite struct ConfigurationFileTests {
  /// A file for the Go agent with every key it supported, in the style of its example.
  static let goEra = """
    ---
    # PlusClouds agent
    nats:
      connection_type: "websocket"
      url: "nats://nats.example.com:4222"
      websocket_url: wss://nats.example.com:8443/agents
      agent_uuid: 8d8ac610-566d-4ef0-9c22-186b2a5ed793
      api_key: 0123
      max_reconnects: "-1"
      reconnect_wait: 500ms

    agent:
      heartbeat_interval: 15s
      telemetry_interval: 60
      Allowed_Operations: [system.info, exec, vm.reboot, "system.info"]
      allowed_commands:
        - /usr/bin/uptime
        - "/bin/df"
    iso:
      mount_path: '/nonexistent/drive'
      fallback_env: true
    log:
      level: WARN
      format: console
      file: /var/log/plusclouds/agent.log
    autoheal:
      enabled: yes
      restart_delay: 1m30s
    """

  @Test func fileOfTheGoAgentLoadsWithoutWarnings() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("agent.yaml", Self.goEra)
    let loaded = try ConfigurationLoader(explicitPath: path, environment: [:]).load()
    #expect(loaded.warnings == [])
    let expected = AgentConfiguration(
      nats: NATSSettings(
        connectionType: .websocket, url: "nats://nats.example.com:4222",
        websocketURL: "wss://nats.example.com:8443/agents",
        agentUUID: "8d8ac610-566d-4ef0-9c22-186b2a5ed793", apiKey: Secret("0123"),
        reconnectWait: .milliseconds(500)),
      agent: AgentSettings(
        heartbeatInterval: .seconds(15), telemetryInterval: .seconds(60),
        allowedOperations: ["system.info", "exec", "vm.reboot"],
        allowedCommands: [AllowedCommand(path: "/usr/bin/uptime"), AllowedCommand(path: "/bin/df")]),
      iso: ConfigDriveSettings(mountPath: "/nonexistent/drive"),
      log: LogSettings(level: .warning, format: .console, file: "/var/log/plusclouds/agent.log"),
      autoheal: AutohealSettings(restartDelay: .seconds(90)),
      source: path)
    #expect(loaded.configuration == expected)
    #expect(loaded.agentUUIDOrigin == .file)
    #expect(loaded.apiKeyOrigin == .file)
    #expect(loaded.drive == nil)
  }

  @Test func installedFileConnectsToPlusCloudsAndHasNoSecret() throws {
    let here = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    let path = "/\(here)/configs/agent.yaml"
    var loaded = try ConfigurationLoader(
      explicitPath: path, environment: ["PLUSCLOUDS_AGENT_ISO_MOUNT_PATH": "/nonexistent"]
    ).load()
    loaded.configuration.source = nil
    loaded.configuration.iso = ConfigDriveSettings()
    var expected = AgentConfiguration()
    expected.nats.connectionType = .websocket
    expected.nats.url = "nats://nats.plusclouds.com:4222"
    expected.nats.websocketURL = "wss://nats.plusclouds.com:443"
    expected.agent.allowedCommands = ["/usr/bin/journalctl", "/usr/bin/df", "/usr/bin/free"].map {
      AllowedCommand(path: $0)
    }
    expected.log.file = "/var/log/plusclouds/agent.log"
    #expect(loaded.configuration == expected)
    let text = try #require(TemporaryFolder.read(path))
    for key in SettingKeys.all where key != "iso.fallback_env" {
      #expect(text.contains("\(key.split(separator: ".").last ?? ""):"), "\(key)")
    }
    for operation in ["vm.reboot", "vm.shutdown", "exec"] {
      #expect(text.contains("\n    # - \(operation)\n"), "\(operation)")
    }
    #expect(loaded.warnings.map(\.key) == ["nats.agent_uuid", "nats.api_key"])
  }

  @Test func defaultsAllowSeventeenOperationsWithoutExecAndPower() {
    let names = AgentSettings.defaultOperations
    #expect(names.count == 17)
    #expect(Set(names).count == 17)
    #expect(!names.contains { $0.hasPrefix("vm.") || $0 == "exec" || $0 == "agent.cancel" })
  }

  @Test(arguments: [
    ("", true), ("# nothing\n", true), ("---\n", true), ("nats:\nagent:\n", true), ("null", true),
    ("{}", true),
  ])
  func emptyFileLoadsTheDefaults(text: String, _: Bool) throws {
    let configuration = try Self.load(text).configuration
    #expect(configuration.agent == AgentSettings())
    #expect(configuration.nats == NATSSettings())
  }

  @Test(arguments: [
    ("agent:\n  allowed_operations:\n", [String](), 1),
    ("agent:\n  allowed_operations: []\n", [], 1),
    ("agent:\n  allowed_operations: ~\n", [], 1),
    ("agent:\n  allowed_operations: [null]\n", [], 1),
    ("agent:\n  heartbeat_interval: 5s\n", AgentSettings.defaultOperations, 0),
    ("agent:\n  allowed_operations: [system.cpu]\n", ["system.cpu"], 0),
    ("agent:\n  allowed_operations: system.cpu, exec\n", ["system.cpu", "exec"], 0),
    ("agent:\n  allowed_operations: [sytem.cpu]\n", ["sytem.cpu"], 1),
    ("agent.allowed_operations: [exec]\n", ["exec"], 0),
  ])
  func absentOperationListDiffersFromAnEmptyOne(text: String, names: [String], warnings: Int) throws {
    let loaded = try Self.load(text)
    #expect(loaded.configuration.agent.allowedOperations == names)
    let own = loaded.warnings.filter { $0.key == "agent.allowed_operations" }
    #expect(own.count == warnings)
    if let warning = own.first { #expect(warning.line == 2) }
  }

  @Test func allowedCommandsDecodeArgumentsTimeoutAndUser() throws {
    let loaded = try Self.load(
      """
      agent:
        allowed_commands:
          - /bin/echo
          - {path: /bin/ls, args: ["-l", "/[a-z]+"], timeout: 2m}
          - path: /bin/true
            args:
          - path: /bin/date
            USER: www-data
          - df
          - /usr/bin/../bin/df
          -
      """)
    #expect(
      loaded.configuration.agent.allowedCommands == [
        AllowedCommand(path: "/bin/echo"),
        AllowedCommand(
          path: "/bin/ls",
          arguments: [try #require(ArgumentPattern("-l")), try #require(ArgumentPattern("/[a-z]+"))],
          timeout: .seconds(120)),
        AllowedCommand(path: "/bin/true", arguments: []),
        AllowedCommand(path: "/bin/date", user: "www-data"),
      ])
    #expect(loaded.warnings.filter { $0.key == "agent.allowed_commands" }.map(\.line) == [9, 10])
  }

  /// The expected paths, and the lines of the warnings.
  @Test(
    arguments: [
      ("allowed_commands: 5", [], [2]), ("allowed_commands: df", [], [2]),
      ("allowed_commands: /bin/df", ["/bin/df"], []), ("allowed_commands: /bin/df, ls", ["/bin/df"], [2]),
    ] as [(String, [String], [Int?])])
  func allowedCommandsAcceptASingleText(text: String, paths: [String], lines: [Int?]) throws {
    let loaded = try Self.load("agent:\n  \(text)")
    #expect(loaded.configuration.agent.allowedCommands.map(\.path) == paths)
    #expect(loaded.warnings.filter { $0.key == "agent.allowed_commands" }.map(\.line) == lines)
  }

  /// The text, and line, key and a word of the expected error.
  @Test(
    arguments: [
      ("nats: hello", 1, "nats", "must hold keys"),
      ("- a\n- b", 1, nil, "must hold sections"),
      ("nats:\n\turl: x", 2, nil, "tab"),
      ("nats:\n  url: a\n  URL: b", 3, nil, "twice"),
      ("nats:\n  url: a\nnats.url: b", 3, "nats.url", "twice"),
      ("nats:\n  url: [a: b", nil, nil, "not YAML"),
      ("nats:\n  url: {a: b}", 2, "nats.url", "list"),
      ("nats:\n  url: http://x", 2, "nats.url", "must begin with"),
      ("nats:\n  url: nats://x:99999", 2, "nats.url", "port"),
      ("nats:\n  url: nats://", 2, "nats.url", "no host"),
      (
        "nats:\n  connection_type: websocket\n  websocket_url: localhost:80", 3, "nats.websocket_url",
        "must begin"
      ),
      ("nats:\n  connection_type: tcp", 2, "nats.connection_type", "must be one of nats, websocket"),
      ("nats:\n  agent_uuid: a.b", 2, "nats.agent_uuid", "subject"),
      ("nats:\n  agent_uuid: '*'", 2, "nats.agent_uuid", "subject"),
      ("nats:\n  agent_uuid: a b", 2, "nats.agent_uuid", "subject"),
      ("nats:\n  agent_uuid: a/b", 2, "nats.agent_uuid", "letters, digits, - and _"),
      ("nats:\n  agent_uuid: \(String(repeating: "a", count: 129))", 2, "nats.agent_uuid", "128"),
      ("nats:\n  agent_uuid: [a]", 2, "nats.agent_uuid", "single value"),
      ("nats:\n  max_reconnects: many", 2, "nats.max_reconnects", "whole number"),
      ("nats:\n  max_reconnects: 99999999999999999999", 2, "nats.max_reconnects", "whole number"),
      ("nats:\n  reconnect_wait: -1s", 2, "nats.reconnect_wait", "negative"),
      ("nats:\n  tls:\n    cert_file: /a", 3, "nats.tls.cert_file", "key_file"),
      ("nats:\n  proxy: socks5://x", 2, "nats.proxy", "must begin"),
      ("nats:\n  proxy: https://x:3128", 2, "nats.proxy", "must begin with http://"),
      ("nats:\n  proxy: http://x:3128/path", 2, "nats.proxy", "no path"),
      ("agent:\n  heartbeat_interval: 500ms", 2, "agent.heartbeat_interval", "too short"),
      ("agent:\n  telemetry_interval: 10000000000", 2, "agent.telemetry_interval", "too long"),
      ("agent:\n  telemetry_interval: 1e10", 2, "agent.telemetry_interval", "no length of time"),
      ("agent:\n  telemetry_interval: 25h", 2, "agent.telemetry_interval", "too long"),
      ("agent:\n  telemetry_interval: ''", 2, "agent.telemetry_interval", "no length of time"),
      ("agent:\n  telemetry_interval: [5s]", 2, "agent.telemetry_interval", "length of time"),
      ("agent:\n  allowed_operations: {a: b}", 2, "agent.allowed_operations", "list"),
      ("agent:\n  allowed_operations:\n  - a\n  - [b]", 4, "agent.allowed_operations", "single value"),
      ("agent:\n  allowed_commands:\n  - {args: []}", 3, "agent.allowed_commands", "no path"),
      ("agent:\n  allowed_commands:\n  - path: ls", 3, "agent.allowed_commands", "absolute"),
      ("agent:\n  allowed_commands:\n  - path: /ls\n    arg: []", 4, "agent.allowed_commands", "unknown arg"),
      (
        "agent:\n  allowed_commands:\n  - path: /ls\n    args: ['(']", 4, "agent.allowed_commands",
        "expression"
      ),
      (
        "agent:\n  allowed_commands:\n  - path: /ls\n    args:\n    - a\n    - '[b'", 6,
        "agent.allowed_commands", "expression"
      ),
      (
        "agent:\n  allowed_commands:\n  - path: /ls\n    timeout: 0", 4, "agent.allowed_commands", "too short"
      ),
      (
        "agent:\n  allowed_commands:\n  - path: /ls\n    user:", 4, "agent.allowed_commands", "name of a user"
      ),
      (
        "agent:\n  allowed_commands:\n  - path: /ls\n    user: ''", 4, "agent.allowed_commands",
        "name of a user"
      ),
      (
        "agent:\n  allowed_commands:\n  - path: /ls\n    user: [a]", 4, "agent.allowed_commands",
        "name of a user"
      ),
      (
        "agent:\n  allowed_commands:\n  - path: /ls\n    user: 1000", 4, "agent.allowed_commands",
        "not a number"
      ),
      ("agent:\n  allowed_commands:\n  - path: /ls\n    user: a b", 4, "agent.allowed_commands", "no name"),
      ("agent:\n  allowed_commands:\n  - path: /ls\n    user: -u", 4, "agent.allowed_commands", "no name"),
      (
        "agent:\n  allowed_commands:\n  - path: /ls\n    run_as: a", 4, "agent.allowed_commands",
        "unknown run_as"
      ),
      ("agent:\n  max_concurrent_commands: 0", 2, "agent.max_concurrent_commands", "between 1 and 1024"),
      ("agent:\n  state_dir: var", 2, "agent.state_dir", "absolute"),
      ("log:\n  level: loud", 2, "log.level", "must be one of debug, info, warn, error"),
      ("log:\n  format: xml", 2, "log.format", "must be one of json, console"),
      ("autoheal:\n  enabled: maybe", 2, "autoheal.enabled", "true or false"),
      ("alerts:\n  disk_usage: 101", 2, "alerts.disk_usage", "between 1 and 100"),
      ("alerts:\n  disk_usage: 50\n  inode_usage: 90%", 3, "alerts.inode_usage", "whole number"),
      ("alerts:\n  critical_usage: 0", 2, "alerts.critical_usage", "between 1 and 100"),
      ("alerts:\n  hysteresis: -1", 2, "alerts.hysteresis", "between 0 and 50"),
      ("a: *nothing", 1, nil, "anchor"),
      ("? [a]\n: b", 1, nil, "a key must be a word"),
    ] as [(String, Int?, String?, String)])
  func invalidFilesThrowWithLineAndKey(text: String, line: Int?, key: String?, word: String) throws {
    let error = try #require(throws: ConfigurationError.self) { try Self.load(text) }
    #expect(error.message.contains(word), "\(error)")
    #expect(error.key == key, "\(error)")
    if let line { #expect(error.line == line, "\(error)") }
    #expect(error.description.hasPrefix(error.file + (error.line.map { ":\($0)" } ?? "")))
    #expect(!error.description.contains("\n"))
  }

  @Test(arguments: [
    ("nats:\n  api_kye: x", "nats.api_kye", "did you mean nats.api_key?"),
    ("natz:\n  api_key: x", "natz", "did you mean nats?"),
    ("nats:\n  heartbeat_interval: 5s", "nats.heartbeat_interval", "did you mean agent.heartbeat_interval?"),
    ("nats:\n  {api_key:s3cret: }", "nats.api_key:…", "blank missing"),
    ("whatever: {a: [1, 2]}", "whatever", "unknown key, ignored"),
  ])
  func unknownKeyCausesAWarning(text: String, key: String, word: String) throws {
    let warning = try #require(try Self.load(text).warnings.first)
    #expect(warning.key == key)
    #expect(warning.message.contains(word), "\(warning)")
    #expect(!warning.description.contains("s3cret"))
  }

  @Test func lenientFormsAreAccepted() throws {
    let loaded = try Self.load(
      """
      x-common: &common
        reconnect_wait: 2s
        max_reconnects: -7
      nats:
        <<: *common
        api_key: "null"
        url: ""
        agent_uuid: web-1
      log: {file: ""}
      agent: {max_concurrent_commands: "3", state_dir: }
      autoheal: {enabled: "False", units: [nginx.service], max_restarts: 2}
      alerts: {enabled: off, Disk_Usage: "80", inode_usage: , hysteresis: 0, critical_usage: 100}
      ---
      ignored: true
      """)
    let configuration = loaded.configuration
    #expect(configuration.nats.reconnectWait == .seconds(2))
    #expect(configuration.nats.maxReconnects == -1)
    #expect(configuration.nats.apiKey == Secret("null"))
    #expect(configuration.nats.url == "nats://localhost:4222")
    #expect(configuration.log.file == nil)
    #expect(configuration.agent.maxConcurrentCommands == 3)
    #expect(configuration.agent.stateDirectory == AgentSettings.defaultStateDirectory)
    #expect(
      configuration.autoheal == AutohealSettings(isEnabled: false, units: ["nginx.service"], maxRestarts: 2))
    #expect(
      configuration.alerts
        == AlertSettings(isEnabled: false, diskUsage: 80, inodeUsage: 90, criticalUsage: 100, hysteresis: 0))
    let keys = loaded.warnings.map { $0.key ?? "" }
    #expect(keys == ["", "x-common", "nats.url", "nats.agent_uuid"])
  }

  static func load(_ text: String) throws -> LoadedConfiguration {
    let folder = try TemporaryFolder()
    let path = try folder.write("agent.yaml", text)
    return try ConfigurationLoader(
      explicitPath: path, environment: ["PLUSCLOUDS_AGENT_ISO_MOUNT_PATH": folder.path]
    ).load()
  }
}
