public import JSON

/// Liveness and resource usage of the agent.
public struct HeartbeatPayload: MessagePayload {
  /// The type of the envelopes that carry the payload.
  public static var messageType: Envelope.MessageType { .heartbeat }

  /// The version of the agent.
  public var version: String
  /// Seconds since the host booted.
  public var hostUptimeSeconds: UInt64
  /// The number of commands that wait or run.
  public var tasksQueued: Int
  /// Resource usage of the agent; nil from agents that do not send it.
  public var agent: AgentFootprint?

  /// Creates a heartbeat.
  public init(version: String, hostUptimeSeconds: UInt64, tasksQueued: Int, agent: AgentFootprint?) {
    self.version = version
    self.hostUptimeSeconds = hostUptimeSeconds
    self.tasksQueued = tasksQueued
    self.agent = agent
  }

  /// Decodes a payload.
  ///
  /// - Returns: nil when `json` is not an object with a `version`, an `uptime_s` and a `tasks_queued` that is not negative.
  public init?(_ json: JSONValue) {
    guard let object = json.objectValue, let version = object["version"]?.stringValue,
      let uptime = object["uptime_s"]?.unsignedValue,
      let queued = object["tasks_queued"]?.integerValue.flatMap({ Int(exactly: $0) }), queued >= 0
    else { return nil }
    self.init(
      version: version, hostUptimeSeconds: uptime, tasksQueued: queued,
      agent: object["agent"].flatMap { AgentFootprint($0) })
  }

  /// The payload as JSON.
  public var json: JSONValue {
    var object: JSONObject = [
      "version": .string(version), "uptime_s": JSONValue(hostUptimeSeconds),
      "tasks_queued": JSONValue(tasksQueued),
    ]
    object.append("agent", ifPresent: agent?.json)
    return .object(object)
  }
}

/// Resource usage and losses of the agent.
public struct AgentFootprint: Sendable, Equatable {
  /// Resident memory in bytes.
  public var residentBytes: UInt64
  /// Processor time since the heartbeat before, in percent of one processor.
  public var cpuPercent: Double
  /// The number of reconnects since the agent started.
  public var reconnects: UInt64
  /// The number of telemetry payloads and results that were discarded before they could be delivered.
  public var droppedEvents: UInt64
  /// Whether the server rejects the subscription to commands.
  public var commandsRefused: Bool

  /// Creates a footprint.
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

  /// Decodes a footprint. A missing number is 0.
  ///
  /// - Returns: nil when `json` is not an object.
  public init?(_ json: JSONValue) {
    guard let object = json.objectValue else { return nil }
    self.init(
      residentBytes: object["rss_bytes"]?.unsignedValue ?? 0, cpuPercent: object["cpu_pct"]?.doubleValue ?? 0,
      reconnects: object["reconnects"]?.unsignedValue ?? 0,
      droppedEvents: object["dropped_events"]?.unsignedValue ?? 0,
      commandsRefused: object["commands_refused"]?.boolValue ?? false)
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
