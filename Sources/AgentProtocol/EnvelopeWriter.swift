public import JSON

/// Wraps what an agent sends.
public struct EnvelopeWriter: Sendable {
  private let agent: AgentUUID

  /// A writer for the messages of one agent.
  public init(agent: AgentUUID) {
    self.agent = agent
  }

  /// The bytes of an envelope.
  ///
  /// - Parameters:
  ///   - id: A new random one unless given.
  ///   - timestamp: Unix seconds; now unless given.
  public func envelope(
    _ type: Envelope.MessageType, payload: JSONValue, id: String = MessageID.random(),
    timestamp: Int64 = UnixTime.now
  ) -> [UInt8] {
    var writer = JSONWriter(capacity: 768)
    writer.write(literal: "{\"v\":1,\"id\":")
    writer.write(string: id)
    writer.write(literal: ",\"type\":")
    writer.write(string: type.rawValue)
    writer.write(literal: ",\"agent_type\":\"vm\",\"agent_uuid\":")
    writer.write(string: agent.text)
    writer.write(literal: ",\"timestamp\":")
    writer.write(.integer(timestamp))
    writer.write(literal: ",\"payload\":")
    writer.write(payload)
    writer.write(literal: "}")
    return writer.bytes
  }
}
