/// What an agent told, as far as the platform takes it in. Everything in it was written by the agent: sizes and types are
/// bounded here, and nothing of it says who the agent is. That is in the subject.
enum AgentEvent: Sendable, Equatable {
  /// What it can do.
  struct Capabilities: Sendable, Equatable {
    var version: String?
    var hostname: String?
    var os: String?
    /// Whether `agent.cancel` is among the operations.
    var canCancel: Bool
    /// The payload as it came.
    var payload: [UInt8]
  }

  /// That it lives.
  struct Heartbeat: Sendable, Equatable {
    var version: String?
    /// Seconds.
    var uptime: Int64?
    var tasksQueued: Int64?
  }

  /// What its machine is doing, in percent.
  struct Telemetry: Sendable, Equatable {
    var cpu: Double?
    var memory: Double?
    /// Of the fullest disk.
    var disk: Double?
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
