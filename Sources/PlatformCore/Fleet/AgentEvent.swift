/// What an agent told, as far as the platform takes it in. Everything in it was written by the agent: sizes and types are
/// bounded here, and nothing of it says who the agent is. That is in the subject.
enum AgentEvent: Sendable, Equatable {
  /// What it can do.
  struct Capabilities: Sendable, Equatable {
    /// The id of the message; empty when it has none that can be used.
    var messageID: String
    var version: String?
    var hostname: HostName?
    /// The text that stands for a host name and is none, escaped (``SafeText/escaped(_:limit:)``).
    var announcedHostname: String?
    var os: String?
    /// Whether `agent.cancel` is among the operations.
    var canCancel: Bool
    /// The payload as it came.
    var payload: [UInt8]

    /// Whether the agent runs no command twice: those that say their version do not.
    var keepsJournal: Bool { version != nil }
  }

  /// That it lives.
  struct Heartbeat: Sendable, Equatable {
    /// The id of the message; empty when it has none that can be used.
    var messageID = ""
    var version: String?
    /// Seconds.
    var uptime: Int64?
    var tasksQueued: Int64?
  }

  /// What its machine is doing, in percent.
  struct Telemetry: Sendable, Equatable {
    var cpu: Double?
    var memory: Double?
    /// Of the fullest disk that takes writes.
    var disk: Double?
    /// How many entries of its lists the agent left out, as the payload would have been too large.
    var omitted: Int64?
  }

  /// The answer to a command.
  struct Result: Sendable, Equatable {
    var commandID: String
    var status: String
    var code: String?
    var isReplayed: Bool
    /// The payload as it came.
    var payload: [UInt8]
  }

  case capabilities(Capabilities)
  case heartbeat(Heartbeat)
  case telemetry(Telemetry)
  case result(Result)
  case alert(OpenAlerts.Alert)
  case progress
}
