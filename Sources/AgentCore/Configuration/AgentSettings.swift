/// The section `agent`.
struct AgentSettings: Sendable, Equatable {
  /// `agent.heartbeat_interval`, 1 s to 24 h.
  var heartbeatInterval = Duration.seconds(30)
  /// `agent.telemetry_interval`, 1 s to 24 h.
  var telemetryInterval = Duration.seconds(30)
  /// `agent.allowed_operations`: distinct names, compared byte by byte. All other operations are rejected.
  var allowedOperations = AgentSettings.defaultOperations
  /// `agent.allowed_commands`: the programs that `exec` may run.
  var allowedCommands: [AllowedCommand] = []
  /// `agent.command_timeout`, 1 s to 24 h: the timeout of commands that set none. System updates have their own default.
  var commandTimeout = Duration.seconds(30)
  /// `agent.max_concurrent_commands`, 1 to 1024.
  var maxConcurrentCommands = 8
  /// `agent.state_dir`: an absolute path.
  var stateDirectory = AgentSettings.defaultStateDirectory

  /// The default of `agent.state_dir`.
  static let defaultStateDirectory = "/var/lib/plusclouds"

  /// The operations that are allowed when `agent.allowed_operations` is absent: queries, services and updates. None of them
  /// runs a program of the caller's choice or shuts the machine down.
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

  /// Every operation name of protocol version 1. Unknown names in `agent.allowed_operations` cause a warning.
  static let knownOperations: [String] =
    defaultOperations + ["vm.reboot", "vm.shutdown", "exec", "agent.cancel", "agent.status", "logs.tail"]
}

/// An entry of `agent.allowed_commands`: a program that `exec` may run.
struct AllowedCommand: Sendable, Equatable {
  /// An absolute path without `..`, compared byte for byte.
  var path: String
  /// One pattern for each argument, in order; empty = no argument, `nil` = any arguments.
  var arguments: [ArgumentPattern]?
  /// The maximum time of a run, 1 s to 24 h, and its timeout when the command sets none; `nil` = no limit of its own, and
  /// `agent.command_timeout` as the default.
  var timeout: Duration?
  /// The user to run the program as, without the agent's privileges; `nil` = the agent's own user.
  var user: String?
}
