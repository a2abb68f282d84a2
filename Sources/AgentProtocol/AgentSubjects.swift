/// The three subjects of one agent, and no others: the permissions that the platform grants name exactly these.
public struct AgentSubjects: Sendable, Hashable {
  /// Commands, from the platform to the agent: `agent.vm.{uuid}.cmd`.
  public let commands: String
  /// Capabilities, heartbeats, telemetry, results and alerts, from the agent to the platform: `agent.vm.{uuid}.evt`.
  public let events: String
  /// The telemetry envelopes once more, for clients: `vm.{uuid}.telemetry`.
  public let telemetry: String

  /// All three.
  public var all: [String] { [commands, events, telemetry] }

  /// The subjects of one agent.
  public init(_ agent: AgentUUID) {
    commands = "agent.vm.\(agent.text).cmd"
    events = "agent.vm.\(agent.text).evt"
    telemetry = "vm.\(agent.text).telemetry"
  }
}
