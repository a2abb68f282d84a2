public import JSON

/// Something that an agent told.
public struct EventView: Sendable, Hashable, Codable {
  /// The agent.
  public var agent: String
  /// When the server received it, in unix seconds.
  public var at: Double
  /// `capabilities`, `heartbeat`, `telemetry`, `result`, `alert`, `progress`.
  public var type: String
  /// What it told.
  public var payload: JSONValue

  /// An event.
  public init(agent: String, at: Double, type: String, payload: JSONValue) {
    self.agent = agent
    self.at = at
    self.type = type
    self.payload = payload
  }
}
