public import JSON

/// An agent in a list.
public struct AgentView: Sendable, Hashable, Codable {
  /// Whether it may connect, and does.
  public enum Status: String, Sendable, Hashable, Codable, CaseIterable {
    /// Enrolled, never heard of.
    case pending
    /// Its heartbeats come.
    case alive
    /// Its heartbeats have ceased.
    case silent
    /// Its tokens were taken away.
    case revoked
  }

  /// Its uuid.
  public var uuid: String
  /// Whether it may connect, and does.
  public var status: Status
  /// `status` is ``Status/alive``: what the platform has always called it.
  public var isAlive: Bool
  /// Labels that operators gave it.
  public var labels: [String: String]
  /// The machine's name by RFC 1123, once it announced it. References and selectors match it.
  public var hostname: String?
  /// The text that it announced as its name and that is no host name, escaped to printable ASCII. Nothing matches it.
  public var announcedHostname: String?
  /// Its operating system.
  public var os: String?
  /// The agent's version.
  public var version: String?
  /// When its last heartbeat reached the server, in unix seconds.
  public var lastHeartbeat: Double?
  /// The seconds between heartbeats: the longer one of the last two pauses, as they reached the server.
  public var heartbeatIntervalS: Double?
  /// The machine's uptime in seconds, by the last heartbeat.
  public var uptimeS: Int64?
  /// Commands that wait or run at the agent, by the last heartbeat.
  public var tasksQueued: Int64?
  /// Percent of all processors, by the last telemetry.
  public var cpuPct: Double?
  /// Percent of the memory, by the last telemetry.
  public var memoryPct: Double?
  /// Percent of the fullest disk, by the last telemetry.
  public var diskPct: Double?
  /// How many alerts are open.
  public var openAlerts: Int

  /// A view.
  public init(uuid: String, status: Status, labels: [String: String] = [:]) {
    self.uuid = uuid
    self.status = status
    self.isAlive = status == .alive
    self.labels = labels
    self.openAlerts = 0
  }
}

/// All that is known of one agent.
public struct AgentDetail: Sendable, Hashable, Codable {
  /// What stands in a list.
  public var agent: AgentView
  /// When it was enrolled, in unix seconds.
  public var enrolledAt: Double
  /// Who enrolled it.
  public var enrolledBy: String
  /// When its tokens were taken away.
  public var revokedAt: Double?
  /// How many tokens are valid now.
  public var validTokens: Int
  /// What it last announced that it can do.
  public var capabilities: JSONValue?
  /// Its last telemetry.
  public var telemetry: JSONValue?
  /// When that was taken, in unix seconds.
  public var telemetryAt: Double?
  /// Its open alerts.
  public var alerts: [AlertView]
  /// Set when two machines use this identity.
  public var cloneSuspected: String?

  /// A view.
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
  /// The agent it came from.
  public var agent: String
  /// When it was raised, in unix seconds, by the clock of its machine.
  public var at: Double
  /// When the server received it, in unix seconds; nil from a platform that does not say.
  public var receivedAt: Double?
  /// `info`, `warning`, `critical`, `emergency`.
  public var severity: String
  /// As `SERVICE_FAILED`.
  public var code: String
  /// For people.
  public var message: String
  /// `disk`, `volume`, `pool`, `network`, `system`.
  public var objectType: String
  /// Which one.
  public var objectId: String

  /// A view.
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
