/// The section `agent`.
public struct AgentSettings: Sendable, Equatable {
  /// `agent.heartbeat_interval`, 1 s to 24 h.
  public var heartbeatInterval: Duration
  /// `agent.telemetry_interval`, 1 s to 24 h.
  public var telemetryInterval: Duration
  /// `agent.allowed_operations`: names, compared exactly; everything else is refused. Without repetitions.
  public var allowedOperations: [String]
  /// `agent.allowed_commands`: what `exec` may run.
  public var allowedCommands: [AllowedCommand]
  /// `agent.command_timeout`, 1 s to 24 h: the deadline of a command that names none (system updates have their own).
  public var commandTimeout: Duration
  /// `agent.max_concurrent_commands`, 1 to 1024.
  public var maxConcurrentCommands: Int
  /// `agent.state_dir`: an absolute path.
  public var stateDirectory: String

  /// Settings from their parts; what is left out has its default.
  public init(
    heartbeatInterval: Duration = .seconds(30),
    telemetryInterval: Duration = .seconds(30),
    allowedOperations: [String] = AgentSettings.defaultOperations,
    allowedCommands: [AllowedCommand] = [],
    commandTimeout: Duration = .seconds(30),
    maxConcurrentCommands: Int = 8,
    stateDirectory: String = AgentSettings.defaultStateDirectory
  ) {
    self.heartbeatInterval = heartbeatInterval
    self.telemetryInterval = telemetryInterval
    self.allowedOperations = allowedOperations
    self.allowedCommands = allowedCommands
    self.commandTimeout = commandTimeout
    self.maxConcurrentCommands = maxConcurrentCommands
    self.stateDirectory = stateDirectory
  }

  /// Where state is kept unless the configuration says otherwise.
  public static let defaultStateDirectory = "/var/lib/plusclouds"

  /// What is allowed when `agent.allowed_operations` is absent: reading, services and updates; nothing that runs
  /// a program of the caller's choice or takes the machine down.
  public static let defaultOperations: [String] = [
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
  public static let knownOperations: [String] =
    defaultOperations + ["vm.reboot", "vm.shutdown", "exec", "agent.cancel", "agent.status", "logs.tail"]
}
