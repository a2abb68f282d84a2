/// The subjects of one agent. The permissions that the platform grants to an agent name exactly these.
public struct AgentSubjects: Sendable, Hashable {
  /// Commands, from platform to agent: `agent.vm.{uuid}.cmd`.
  public let commands: String
  /// Capabilities, heartbeats, telemetry, results and alerts, from agent to platform: `agent.vm.{uuid}.evt`.
  public let events: String
  /// A copy of the telemetry envelopes, for clients: `vm.{uuid}.telemetry`.
  public let telemetry: String

  /// All subjects.
  public var all: [String] { [commands, events, telemetry] }

  /// Creates the subjects of an agent.
  public init(_ agent: AgentUUID) {
    commands = "agent.vm.\(agent.text).cmd"
    events = "agent.vm.\(agent.text).evt"
    telemetry = "vm.\(agent.text).telemetry"
  }
}
