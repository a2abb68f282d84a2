/// An event published by an agent, reduced to what the platform uses.
///
/// All content is untrusted: sizes and types are bounded here. The identity of the agent comes from the subject, never from the event.
enum AgentEvent: Sendable, Equatable {
  /// The operations of an agent and the system that it runs on.
  struct Capabilities: Sendable, Equatable {
    /// The message id; empty when it is missing or too long.
    var messageID: String
    var version: String?
    var hostname: HostName?
    /// The announced name when it is not a valid host name, escaped (``SafeText/escaped(_:limit:)``).
    var announcedHostname: String?
    var os: String?
    /// Whether the operations include `agent.cancel`.
    var canCancel: Bool
    /// The payload, unchanged.
    var payload: [UInt8]

    /// Whether the agent deduplicates commands by id. Agents that announce a version do.
    var keepsJournal: Bool { version != nil }
  }

  /// Liveness and queue length of an agent.
  struct Heartbeat: Sendable, Equatable {
    /// The message id; empty when it is missing or too long.
    var messageID = ""
    var version: String?
    /// Uptime of the host, in seconds.
    var uptime: Int64?
    var tasksQueued: Int64?
  }

  /// Resource usage of the host, in percent.
  struct Telemetry: Sendable, Equatable {
    var cpu: Double?
    var memory: Double?
    /// Usage of the fullest writable disk.
    var disk: Double?
    /// The number of list entries omitted because the payload would have been too large.
    var omitted: Int64?
  }

  /// The result of a command.
  struct Result: Sendable, Equatable {
    var commandID: String
    var status: String
    var code: String?
    var isReplayed: Bool
    /// The payload, unchanged.
    var payload: [UInt8]
  }

  case capabilities(Capabilities)
  case heartbeat(Heartbeat)
  case telemetry(Telemetry)
  case result(Result)
  case alert(OpenAlerts.Alert)
  case progress
}
