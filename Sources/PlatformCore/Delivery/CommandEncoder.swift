import AgentProtocol
import JSON
import PlatformAPI

/// A message to an agent.
struct CommandMessage: Sendable {
  /// The envelope.
  var bytes: [UInt8]
  /// The `reply_to` of the envelope, and the reply subject that permits the agent to publish there; nil = the result goes to the events
  /// subject.
  var replyTo: String?
}

/// What goes to an agent.
enum CommandEncoder {
  /// A command, as often as it goes out.
  static func command(_ record: CommandRecord, to agent: AgentUUID) -> CommandMessage {
    command(record, to: agent, expiresAt: record.expiresAt)
  }

  private static func command(
    _ record: CommandRecord, to agent: AgentUUID, expiresAt: Int64
  ) -> CommandMessage {
    let replyTo = PlatformSubjects.result(
      of: record.id, from: agent.text, sending: String(UInt64.random(in: 0 ... .max), radix: 36))
    return CommandMessage(
      bytes: envelope(
        record.id, to: agent, operation: record.operation, params: record.params, timeoutS: record.timeoutS,
        expiresAt: expiresAt, madeAt: record.submittedAt, replyTo: replyTo), replyTo: replyTo)
  }

  /// The command once more, too late to be run: an agent that had it gives its result again, one that had not refuses it. So it
  /// is known what became of it, and it never runs after that.
  static func probe(_ record: CommandRecord, to agent: AgentUUID) -> CommandMessage {
    command(record, to: agent, expiresAt: min(record.expiresAt, UnixTime.now - 1))
  }

  /// Asks the agent to end a command that waits or runs.
  static func cancel(_ record: CommandRecord, to agent: AgentUUID) -> CommandMessage {
    CommandMessage(
      bytes: envelope(
        MessageID.random(), to: agent, operation: "agent.cancel", params: ["command_id": .string(record.id)],
        timeoutS: nil, expiresAt: nil, madeAt: nil, replyTo: nil))
  }

  private static func envelope(
    _ id: String, to agent: AgentUUID, operation: String, params: JSONValue, timeoutS: Int64?,
    expiresAt: Int64?, madeAt: Double?, replyTo: String?
  ) -> [UInt8] {
    var payload: JSONObject = ["operation": .string(operation), "params": params]
    payload.append("timeout_s", ifPresent: timeoutS.map(JSONValue.integer))
    payload.append("expires_at", ifPresent: expiresAt.map(JSONValue.integer))
    // `timestamp` is new each time that a command is sent; by this an agent knows how old it is.
    payload.append(
      "made_at",
      ifPresent: madeAt.map {
        .integer(Int64(min(max(0, $0), Double(CommandPayload.madeAtRange.upperBound))))
      })
    return EnvelopeWriter(agent: agent).envelope(
      .command, payload: .object(payload), id: id, replyTo: replyTo)
  }
}
