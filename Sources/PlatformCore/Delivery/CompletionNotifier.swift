import Clocks
import JSON
import JetStream
import Logging
import NATS
import PlatformAPI

/// Reports the end of a command to waiting clients, the audit log, the counters and the log.
struct CompletionNotifier: Sendable {
  let client: NATSClient
  let audit: any Auditing
  let counters: PlatformCounters
  let logger: Logger

  /// The maximum payload of a message, in bytes.
  var messageLimit: Int {
    if case .connected(_, _, let info) = client.state { info.maxPayload } else { 1 << 20 }
  }

  /// Reports a record that has just become final.
  func notify(_ record: CommandRecord, result: [UInt8]?) async {
    counters.commandEnded(record.state)
    do {
      let view = CommandViewEncoder.json(record, result: result, limit: messageLimit)
      try client.publish(
        JSONWriter.encode(view), to: PlatformSubjects.done(record.id, of: record.submittedBy))
    } catch {
      // Waiting clients also poll the command.
      logger.debug(
        "the end of a command was not published",
        metadata: ["command_id": "\(record.id)", "reason": "\(error)"])
    }
    logger.info(
      "command ended",
      metadata: [
        "command_id": "\(record.id)", "agent": "\(record.agent)", "operation": "\(record.operation)",
        "state": "\(record.state.rawValue)", "attempts": .stringConvertible(record.attempts),
      ])
    await appendAuditEntry(record)
  }

  /// Appends the end of a command to the audit log. Repeated calls within two minutes add one entry.
  func appendAuditEntry(_ record: CommandRecord) async {
    var details: JSONObject = [
      "agent": .string(record.agent), "operation": .string(record.operation),
      "state": .string(record.state.rawValue), "attempts": JSONValue(record.attempts),
      "submitted_by": .string(record.submittedBy),
    ]
    details.append("code", ifPresent: record.resultCode.map(JSONValue.string))
    details.append("cancelled_by", ifPresent: record.cancelRequestedBy.map(JSONValue.string))
    let entry = AuditEntry(
      at: record.endedAt ?? WallClock.now, by: "platform", action: AuditEntry.commandEnded, object: record.id,
      details: .object(details))
    do {
      try await audit.record(entry)
    } catch {
      logger.warning(
        "the end of a command is not in the audit record yet",
        metadata: ["command_id": "\(record.id)", "reason": "\(error)"])
      audit.enqueue(entry)
    }
  }
}
