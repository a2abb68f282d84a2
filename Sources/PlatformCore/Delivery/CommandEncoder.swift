import AgentProtocol
import Clocks
import JSON
import PlatformAPI

/// A message for an agent.
struct CommandMessage: Sendable {
  /// The envelope.
  var bytes: [UInt8]
  /// The `reply_to` of the envelope, and the reply subject of the message, which permits the agent to publish there. Nil: the result
  /// goes to the event subject.
  var replyTo: String?
}

/// Encodes the messages for an agent.
enum CommandEncoder {
  /// The message of a command, the same for each attempt but for its reply subject.
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

  /// The command again with an expiry in the past. An agent that knows the command returns its stored result; another one rejects
  /// it and never runs it.
  static func probe(_ record: CommandRecord, to agent: AgentUUID) -> CommandMessage {
    command(record, to: agent, expiresAt: min(record.expiresAt, UnixTime.now - 1))
  }

  /// A request to cancel a waiting or running command.
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
    let payload = CommandPayload(
      operation: operation, params: params.objectValue ?? [:], timeoutSeconds: timeoutS, expiresAt: expiresAt,
      // `timestamp` changes with each attempt; by `made_at` the agent knows the age of the command.
      madeAt: madeAt.map { Int64(min(max(0, $0), Double(CommandPayload.madeAtRange.upperBound))) })
    return EnvelopeWriter(agent: agent).envelope(
      .command, payload: payload.json, id: id, replyTo: replyTo, timestamp: UnixTime.now)
  }
}
