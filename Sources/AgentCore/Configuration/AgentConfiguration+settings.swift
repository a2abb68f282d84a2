import JSON
import Logging
import StructuredLogging

extension AgentConfiguration {
  /// Every effective key of ``SettingKeys`` with its value, one line of YAML each. Reading the lines gives the same
  /// configuration, except for secrets, which are redacted.
  var settingLines: [String] { settings.map { "\($0.key): \($0.value)" } }

  private var settings: KeyValuePairs<String, String> {
    [
      "nats.connection_type": nats.connectionType == .nats ? "nats" : "websocket",
      "nats.url": Self.text(URLText.redacted(nats.url)),
      "nats.websocket_url": Self.text(URLText.redacted(nats.websocketURL)),
      "nats.agent_uuid": Self.text(nats.agentUUID),
      "nats.api_key": Self.text(nats.apiKey.isEmpty ? "" : nats.apiKey.description),
      "nats.max_reconnects": "\(nats.maxReconnects)",
      "nats.reconnect_wait": DurationText.text(nats.reconnectWait),
      "nats.tls.ca_file": Self.text(nats.tls.caFile),
      "nats.tls.cert_file": Self.text(nats.tls.certFile),
      "nats.tls.key_file": Self.text(nats.tls.keyFile),
      "nats.tls.first": "\(nats.tls.first)",
      "nats.tls.server_names": Self.text(nats.tls.serverNames),
      "nats.discover": "\(nats.discover)",
      "nats.proxy": Self.text(nats.redactedProxy),
      "agent.heartbeat_interval": DurationText.text(agent.heartbeatInterval),
      "agent.telemetry_interval": DurationText.text(agent.telemetryInterval),
      "agent.allowed_operations": Self.text(agent.allowedOperations),
      "agent.allowed_commands": Self.text(.array(agent.allowedCommands.map(\.setting))),
      "agent.command_timeout": DurationText.text(agent.commandTimeout),
      "agent.max_concurrent_commands": "\(agent.maxConcurrentCommands)",
      "agent.state_dir": Self.text(agent.stateDirectory),
      "iso.mount_path": Self.text(iso.mountPath),
      "log.level": log.level == .warning ? "warn" : log.level.rawValue,
      "log.format": log.format.rawValue,
      "log.file": Self.text(log.file),
      "autoheal.enabled": "\(autoheal.isEnabled)",
      "autoheal.restart_delay": DurationText.text(autoheal.restartDelay),
      "autoheal.units": Self.text(autoheal.units),
      "autoheal.exclude": Self.text(autoheal.exclude),
      "autoheal.max_restarts": "\(autoheal.maxRestarts)",
      "alerts.enabled": "\(alerts.isEnabled)",
      "alerts.disk_usage": "\(alerts.diskUsage)",
      "alerts.inode_usage": "\(alerts.inodeUsage)",
      "alerts.critical_usage": "\(alerts.criticalUsage)",
      "alerts.hysteresis": "\(alerts.hysteresis)",
    ]
  }

  private static func text(_ text: String?) -> String { Self.text(.string(text ?? "")) }

  private static func text(_ list: [String]) -> String { text(.array(list.map { .string($0) })) }

  private static func text(_ value: JSONValue) -> String {
    String(decoding: JSONWriter.encode(value), as: UTF8.self)
  }
}

extension AllowedCommand {
  /// The entry in the form that the configuration file accepts.
  fileprivate var setting: JSONValue {
    guard arguments != nil || timeout != nil || user != nil else { return .string(path) }
    var item: JSONObject = ["path": .string(path)]
    if let arguments { item["args"] = .array(arguments.map { .string($0.expression) }) }
    if let timeout { item["timeout"] = .string(DurationText.text(timeout)) }
    if let user { item["user"] = .string(user) }
    return .object(item)
  }
}
