import TestFiles
import Testing

@testable import AgentCore

/// The output of `check --settings`.
@Suite struct SettingLinesTests {
  private static func load(_ lines: [String]) throws -> AgentConfiguration {
    let folder = try TemporaryFolder()
    let path = try folder.write("agent.yaml", lines.joined(separator: "\n"))
    var configuration = try ConfigurationLoader(explicitPath: path, environment: [:]).load().configuration
    configuration.source = nil
    return configuration
  }

  @Test func settingLinesContainEveryKey() {
    let keys = AgentConfiguration().settingLines.map { String($0.prefix { $0 != ":" }) }
    #expect(keys == SettingKeys.all.filter { $0 != "iso.fallback_env" })
  }

  @Test func settingLinesOfTheDefaultsReadAsTheDefaults() throws {
    #expect(try Self.load(AgentConfiguration().settingLines) == AgentConfiguration())
  }

  @Test func settingLinesReadAsTheSameConfiguration() throws {
    let lines = [
      "nats.connection_type: websocket", "nats.url: tls://a:1,tls://b:2", "nats.websocket_url: wss://h/p",
      "nats.agent_uuid: 8d8ac610-566d-4ef0-9c22-186b2a5ed793", "nats.max_reconnects: 3",
      "nats.reconnect_wait: 1500ms",
      "nats.tls.ca_file: /ca", "nats.tls.cert_file: /cert", "nats.tls.key_file: /key", "nats.tls.first: true",
      "nats.tls.server_names: [a.example, b.example]", "nats.discover: false",
      "nats.proxy: http://proxy:3128",
      "agent.heartbeat_interval: 90s", "agent.telemetry_interval: 1h30m", "agent.allowed_operations: [exec]",
      "agent.allowed_commands: [/bin/ls, {path: /bin/cat, args: ['a\"b'], timeout: 2m, user: nobody}]",
      "agent.command_timeout: 24h", "agent.max_concurrent_commands: 2", "agent.state_dir: /state",
      "iso.mount_path: /drive", "log.level: warn", "log.format: console", "log.file: /log",
      "autoheal.enabled: false", "autoheal.restart_delay: 0", "autoheal.units: ['a*']",
      "autoheal.exclude: [b]",
      "autoheal.max_restarts: 9", "alerts.enabled: false", "alerts.disk_usage: 50", "alerts.inode_usage: 51",
      "alerts.critical_usage: 52", "alerts.hysteresis: 1",
    ]
    let configuration = try Self.load(lines)
    #expect(try Self.load(configuration.settingLines) == configuration)
    for (line, other) in zip(configuration.settingLines, AgentConfiguration().settingLines)
    where !line.hasPrefix("nats.api_key") {
      #expect(line != other)
    }
  }

  @Test func secretsAreRedacted() throws {
    let lines = ["nats: {url: 'nats://u:hidden1@h', api_key: hidden2, proxy: 'http://u:hidden3@p:1'}"]
    let printed = try Self.load(lines).settingLines.joined()
    #expect(!printed.contains("hidden"))
  }
}
