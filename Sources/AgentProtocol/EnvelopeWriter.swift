public import JSON

/// Encodes envelopes.
public struct EnvelopeWriter: Sendable {
  private let agent: AgentUUID

  /// Creates a writer for the messages of one agent, or for those to it.
  public init(agent: AgentUUID) {
    self.agent = agent
  }

  /// Encodes an envelope.
  ///
  /// - Parameters:
  ///   - replyTo: The subject for the result of a command; nil for the events subject.
  ///   - timestamp: The time of creation, in unix seconds.
  public func envelope(
    _ type: Envelope.MessageType, payload: JSONValue, id: String = MessageID.random(), replyTo: String? = nil,
    timestamp: Int64
  ) -> [UInt8] {
    var writer = JSONWriter(capacity: 768)
    writer.write(literal: "{\"v\":1,\"id\":")
    writer.write(string: id)
    writer.write(literal: ",")
    if let replyTo {
      writer.write(literal: "\"reply_to\":")
      writer.write(string: replyTo)
      writer.write(literal: ",")
    }
    finish(&writer, type, payload: payload, timestamp: timestamp)
    return writer.bytes
  }

  /// Encodes the time of the platform. The envelope has no id, so that an agent that does not know the type does not answer.
  ///
  /// - Parameters:
  ///   - id: The id of the agent's message that this answers.
  ///   - timestamp: The time of the platform, in unix seconds.
  public func time(inReplyTo id: String, timestamp: Int64) -> [UInt8] {
    var writer = JSONWriter(capacity: 256)
    writer.write(literal: "{\"v\":1,")
    finish(&writer, .time, payload: TimePayload(inReplyTo: id).json, timestamp: timestamp)
    return writer.bytes
  }

  private func finish(
    _ writer: inout JSONWriter, _ type: Envelope.MessageType, payload: JSONValue, timestamp: Int64
  ) {
    writer.write(literal: "\"type\":")
    writer.write(string: type.rawValue)
    writer.write(literal: ",\"agent_type\":\"vm\",\"agent_uuid\":")
    writer.write(string: agent.text)
    writer.write(literal: ",\"timestamp\":")
    writer.write(.integer(timestamp))
    writer.write(literal: ",\"payload\":")
    writer.write(payload)
    writer.write(literal: "}")
  }
}
