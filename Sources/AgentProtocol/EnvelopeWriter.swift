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
  ///   - replyTo: Where the result of a command has to go; nil = to the events subject.
  ///   - timestamp: When the message was made, in unix seconds.
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

  /// The platform's time. It has no id: an agent that does not know the type has nothing to answer.
  ///
  /// - Parameters:
  ///   - id: The message of the agent that it answers.
  ///   - timestamp: The platform's time, in unix seconds.
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
