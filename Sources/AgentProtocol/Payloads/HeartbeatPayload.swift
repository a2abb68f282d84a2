public import JSON

/// That the agent lives, and how it fares.
public struct HeartbeatPayload: Sendable, Equatable {
  /// The agent's version.
  public var version: String
  /// The seconds that the host has been up.
  public var hostUptimeSeconds: UInt64
  /// The commands that wait or run.
  public var tasksQueued: Int
  /// What the agent itself uses.
  public var agent: AgentFootprint

  /// A heartbeat.
  public init(version: String, hostUptimeSeconds: UInt64, tasksQueued: Int, agent: AgentFootprint) {
    self.version = version
    self.hostUptimeSeconds = hostUptimeSeconds
    self.tasksQueued = tasksQueued
    self.agent = agent
  }

  /// The payload as JSON.
  public var json: JSONValue {
    [
      "version": .string(version), "uptime_s": JSONValue(hostUptimeSeconds),
      "tasks_queued": JSONValue(tasksQueued), "agent": agent.json,
    ]
  }
}

/// What the agent itself uses and has lost.
public struct AgentFootprint: Sendable, Equatable {
  /// Resident memory in bytes.
  public var residentBytes: UInt64
  /// Processor time since the last look, in percent of one processor.
  public var cpuPercent: Double
  /// How often the connection was made again.
  public var reconnects: UInt64
  /// Telemetry and results that could not be delivered and are gone.
  public var droppedEvents: UInt64
  /// Whether the server refuses the subscription to commands, so that none arrives.
  public var commandsRefused: Bool

  /// A footprint.
  public init(
    residentBytes: UInt64, cpuPercent: Double, reconnects: UInt64, droppedEvents: UInt64,
    commandsRefused: Bool = false
  ) {
    self.residentBytes = residentBytes
    self.cpuPercent = cpuPercent
    self.reconnects = reconnects
    self.droppedEvents = droppedEvents
    self.commandsRefused = commandsRefused
  }

  /// The footprint as JSON.
  public var json: JSONValue {
    var object: JSONObject = [
      "rss_bytes": JSONValue(residentBytes), "cpu_pct": .number(cpuPercent),
      "reconnects": JSONValue(reconnects), "dropped_events": JSONValue(droppedEvents),
    ]
    if commandsRefused { object.append("commands_refused", true) }
    return .object(object)
  }
}
