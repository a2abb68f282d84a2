import Encoding

/// The keys of `agent.yaml`, dotted and in lower case.
enum SettingKeys {
  /// The prefix of environment variables. The key follows in upper case, with underscores for dots.
  static let environmentPrefix = "PLUSCLOUDS_AGENT_"

  static let all: [String] = [
    "nats.connection_type", "nats.url", "nats.websocket_url", "nats.agent_uuid", "nats.api_key",
    "nats.max_reconnects", "nats.reconnect_wait",
    "nats.tls.ca_file", "nats.tls.cert_file", "nats.tls.key_file", "nats.tls.first",
    "nats.tls.server_names", "nats.discover", "nats.proxy",
    "agent.heartbeat_interval", "agent.telemetry_interval",
    "agent.allowed_operations", "agent.allowed_commands",
    "agent.command_timeout", "agent.max_concurrent_commands", "agent.state_dir",
    "iso.mount_path", "iso.fallback_env",
    "log.level", "log.format", "log.file",
    "autoheal.enabled", "autoheal.restart_delay", "autoheal.units", "autoheal.exclude",
    "autoheal.max_restarts",
    "alerts.enabled", "alerts.disk_usage", "alerts.inode_usage", "alerts.critical_usage", "alerts.hysteresis",
  ]

  static let sections = ["agent", "alerts", "autoheal", "iso", "log", "nats", "nats.tls"]

  private static let known = Set(all.map { ExactString($0) })

  static func isKnown(_ key: String) -> Bool { known.contains(ExactString(key)) }

  static func isSection(_ key: String) -> Bool { sections.containsExactly(key) }

  static func environmentName(_ key: String) -> String {
    environmentPrefix + String(key.uppercased().map { $0 == "." ? "_" : $0 })
  }
}
