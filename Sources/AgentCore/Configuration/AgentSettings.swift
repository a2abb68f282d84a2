/// The section `agent`.
struct AgentSettings: Sendable, Equatable {
  /// `agent.heartbeat_interval`, 1 s to 24 h.
  var heartbeatInterval = Duration.seconds(30)
  /// `agent.telemetry_interval`, 1 s to 24 h.
  var telemetryInterval = Duration.seconds(30)
  /// `agent.allowed_operations`: names, compared exactly; everything else is refused. Without repetitions.
  var allowedOperations = AgentSettings.defaultOperations
  /// `agent.allowed_commands`: what `exec` may run.
  var allowedCommands: [AllowedCommand] = []
  /// `agent.command_timeout`, 1 s to 24 h: the deadline of a command that names none (system updates have their own).
  var commandTimeout = Duration.seconds(30)
  /// `agent.max_concurrent_commands`, 1 to 1024.
  var maxConcurrentCommands = 8
  /// `agent.state_dir`: an absolute path.
  var stateDirectory = AgentSettings.defaultStateDirectory

  /// Where state is kept unless the configuration says otherwise.
  static let defaultStateDirectory = "/var/lib/plusclouds"

  /// What is allowed when `agent.allowed_operations` is absent: reading, services and updates; nothing that runs
  /// a program of the caller's choice or takes the machine down.
  static let defaultOperations: [String] = [
    "agent.allowed_operations",
    "services.list", "services.get",
    "services.start", "services.stop", "services.restart", "services.reload",
    "services.enable", "services.disable",
    "system.info",
    "system.metrics", "system.cpu", "system.memory", "system.disk", "system.network",
    "system.update",
    "telemetry.set_interval",
  ]

  /// Every operation name of protocol version 1; others in `agent.allowed_operations` are warned about.
  static let knownOperations: [String] =
    defaultOperations + ["vm.reboot", "vm.shutdown", "exec", "agent.cancel", "agent.status", "logs.tail"]
}
