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

  private init(_ message: AgentEventMessage, payload: JSONValue, size: Int) {
    (agent, at, type) = (message.agent, message.at, message.type)
    self.payload = payload
    self.size = size
  }

  /// The same in a list, where one must not take the place of all others: what makes it larger than `limit` bytes is left out of
  /// the payload, the largest parts first, and named in `left_out`.
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

  /// As JSON, in the form of an ``EventView``.
  var json: JSONValue {
    ["agent": .string(agent), "at": .number(at), "type": .string(type), "payload": payload]
  }
}
