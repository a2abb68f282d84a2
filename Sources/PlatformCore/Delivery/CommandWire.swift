import AgentProtocol
import JSON

/// What goes to an agent. No `reply_to` stands in it: the result comes on the events subject, where it is kept.
enum CommandWire {
  /// A command, as often as it goes out.
  static func command(_ record: CommandRecord, to agent: AgentUUID) -> [UInt8] {
    envelope(
      record.id, to: agent, operation: record.operation, params: record.params, timeoutS: record.timeoutS,
      expiresAt: record.expiresAt)
  }

  /// The command once more, too late to be run: an agent that had it gives its result again, one that had not refuses it. So it
  /// is known what became of it, and it never runs after that.
  static func probe(_ record: CommandRecord, to agent: AgentUUID) -> [UInt8] {
    envelope(
      record.id, to: agent, operation: record.operation, params: record.params, timeoutS: record.timeoutS,
      expiresAt: min(record.expiresAt, UnixTime.now - 1))
  }

  /// Asks the agent to end a command that waits or runs.
  static func cancel(_ record: CommandRecord, to agent: AgentUUID) -> [UInt8] {
    envelope(
      MessageID.random(), to: agent, operation: "agent.cancel", params: ["command_id": .string(record.id)],
      timeoutS: nil, expiresAt: nil)
  }

  private static func envelope(
    _ id: String, to agent: AgentUUID, operation: String, params: JSONValue, timeoutS: Int64?,
    expiresAt: Int64?
  ) -> [UInt8] {
    var payload: JSONObject = ["operation": .string(operation), "params": params]
    payload.append("timeout_s", ifPresent: timeoutS.map(JSONValue.integer))
    payload.append("expires_at", ifPresent: expiresAt.map(JSONValue.integer))
    return EnvelopeWriter(agent: agent).envelope(.command, payload: .object(payload), id: id)
  }
}
