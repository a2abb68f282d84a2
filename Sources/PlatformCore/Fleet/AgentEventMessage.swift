import AgentProtocol
import JSON

/// An event as operators see it: an ``EventView`` whose payload keeps the names that the agent gave.
struct AgentEventMessage: Sendable {
  let agent: String
  /// When the server received it, in unix seconds.
  let at: Double
  let type: String
  let payload: JSONValue
  /// How many bytes it took.
  let size: Int

  /// The event in a message; nil when there is none.
  init?(parsing bytes: [UInt8], of agent: String, at time: Double) {
    do {
      let envelope = try Envelope(parsing: bytes)
      guard !envelope.type.isEmpty else { return nil }
      type = envelope.type.bounded(32)
      payload = try JSONReader.parse(envelope.payload)
    } catch {
      return nil
    }
    self.agent = agent
    at = time
    size = bytes.count
  }

  /// As JSON, in the form of an ``EventView``.
  var json: JSONValue {
    ["agent": .string(agent), "at": .number(at), "type": .string(type), "payload": payload]
  }
}
