public import JSON

/// An agent in a list.
public struct AgentView: Sendable, Hashable, Codable {
  /// The state of an agent's connection and credentials.
  public enum Status: String, Sendable, Hashable, Codable, CaseIterable {
    /// Enrolled; no heartbeat yet.
    case pending
    /// Heartbeats arrive.
    case alive
    /// Heartbeats have stopped.
    case silent
    /// Its tokens were revoked.
    case revoked
  }

  /// The agent's uuid.
  public var uuid: String
  /// The state of its connection and credentials.
  public var status: Status
  /// Whether `status` is ``Status/alive``. The name is the one of earlier platforms.
  public var isAlive: Bool
  /// The labels that operators set.
  public var labels: [String: String]
  /// The announced host name, valid by RFC 1123. References and selectors match it.
  public var hostname: String?
  /// The announced name when it is not a valid host name, escaped to printable ASCII. References and selectors ignore
  /// it.
  public var announcedHostname: String?
  /// The operating system.
  public var os: String?
  /// The agent's version.
  public var version: String?
  /// When the server received the last heartbeat, in unix seconds.
  public var lastHeartbeat: Double?
  /// The heartbeat interval in seconds: the longer of the last two, measured at the server.
  public var heartbeatIntervalS: Double?
  /// The machine's uptime in seconds, by the last heartbeat.
  public var uptimeS: Int64?
  /// The commands that are waiting or running at the agent, by the last heartbeat.
  public var tasksQueued: Int64?
  /// The usage of all processors in percent, by the last telemetry.
  public var cpuPct: Double?
  /// The memory usage in percent, by the last telemetry.
  public var memoryPct: Double?
  /// The usage of the fullest disk in percent, by the last telemetry.
  public var diskPct: Double?
  /// The number of open alerts.
  public var openAlerts: Int

  /// Creates a view.
  public init(uuid: String, status: Status, labels: [String: String] = [:]) {
    self.uuid = uuid
    self.status = status
    self.isAlive = status == .alive
    self.labels = labels
    self.openAlerts = 0
  }
}

/// Everything that is known about one agent.
public struct AgentDetail: Sendable, Hashable, Codable {
  /// The agent as a list shows it.
  public var agent: AgentView
  /// When the agent was enrolled, in unix seconds.
  public var enrolledAt: Double
  /// The operator that enrolled it.
  public var enrolledBy: String
  /// When its tokens were revoked, in unix seconds.
  public var revokedAt: Double?
  /// The number of tokens that are valid now.
  public var validTokens: Int
  /// The capabilities that it announced last.
  public var capabilities: JSONValue?
  /// The last telemetry.
  public var telemetry: JSONValue?
  /// When the last telemetry was taken, in unix seconds.
  public var telemetryAt: Double?
  /// The open alerts.
  public var alerts: [AlertView]
  /// A description of the two machines that seem to use this identity; nil when there is no sign of it.
  public var cloneSuspected: String?

  /// Creates a view.
  public init(agent: AgentView, enrolledAt: Double, enrolledBy: String, validTokens: Int) {
    self.agent = agent
    self.enrolledAt = enrolledAt
    self.enrolledBy = enrolledBy
    self.validTokens = validTokens
    self.alerts = []
  }
}

/// An alert.
public struct AlertView: Sendable, Hashable, Codable {
  /// The agent that raised it.
  public var agent: String
  /// When it was raised, in unix seconds, by the clock of the agent's machine.
  public var at: Double
  /// When the server received it, in unix seconds; nil from platforms that do not report it.
  public var receivedAt: Double?
  /// `info`, `warning`, `critical`, `emergency`.
  public var severity: String
  /// The alert code, such as `SERVICE_FAILED`.
  public var code: String
  /// A description for people.
  public var message: String
  /// `disk`, `volume`, `pool`, `network`, `system`.
  public var objectType: String
  /// The object, such as `nginx.service`.
  public var objectId: String

  /// Creates a view.
  public init(
    agent: String, at: Double, receivedAt: Double? = nil, severity: String, code: String, message: String,
    objectType: String, objectId: String
  ) {
    self.agent = agent
    self.at = at
    self.receivedAt = receivedAt
    self.severity = severity
    self.code = code
    self.message = message
    self.objectType = objectType
    self.objectId = objectId
  }
}
