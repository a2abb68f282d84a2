import AgentProtocol
import JSON

/// An ``EventView`` whose payload keeps the agent's JSON keys.
struct AgentEventMessage: Sendable {
  let agent: String
  /// The time at which the server received it, in unix seconds.
  let at: Double
  let type: String
  let payload: JSONValue
  /// The size of the message, in bytes.
  let size: Int

  /// Decodes the event in a message; nil for an invalid one.
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

  private init(_ message: AgentEventMessage, payload: JSONValue, size: Int) {
    (agent, at, type) = (message.agent, message.at, message.type)
    self.payload = payload
    self.size = size
  }

  /// The event shortened for a list, so that one event can't fill the response. The largest members of the payload are removed
  /// until it has at most `limit` bytes, and are named in `left_out`.
  func listed(within limit: Int) -> AgentEventMessage {
    guard size > limit, let whole = payload.objectValue else { return self }
    var left = JSONValue.object(whole).footprint
    let parts = whole.members.enumerated().map {
      (index: $0.offset, size: $0.element.key.utf8.count + $0.element.value.footprint)
    }
    var leftOut: Set<Int> = []
    for part in parts.sorted(by: { $0.size > $1.size }) where left > limit {
      leftOut.insert(part.index)
      left -= part.size
    }
    let names = leftOut.sorted().prefix(16).map { JSONValue.string(whole.members[$0].key.bounded(64)) }
    let kept = whole.members.enumerated().filter { !leftOut.contains($0.offset) }.map(\.element)
    var rest = JSONObject(kept)
    rest["left_out"] = .array(names)
    return AgentEventMessage(self, payload: .object(rest), size: JSONValue.object(rest).footprint)
  }

  /// The JSON of an ``EventView``.
  var json: JSONValue {
    ["agent": .string(agent), "at": .number(at), "type": .string(type), "payload": payload]
  }
}
