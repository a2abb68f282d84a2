public import JSON

/// An event that an agent published.
public struct EventView: Sendable, Hashable, Codable {
  /// The agent's uuid.
  public var agent: String
  /// When the server received it, in unix seconds.
  public var at: Double
  /// `capabilities`, `heartbeat`, `telemetry`, `result`, `alert`, `progress`.
  public var type: String
  /// The payload of the agent's envelope.
  public var payload: JSONValue

  /// Creates an event.
  public init(agent: String, at: Double, type: String, payload: JSONValue) {
    self.agent = agent
    self.at = at
    self.type = type
    self.payload = payload
  }
}
