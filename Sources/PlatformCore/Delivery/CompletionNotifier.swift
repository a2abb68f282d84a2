import JSON
import JetStream
import Logging
import NATS
import PlatformAPI

/// Tells that a command has ended: whoever waits for it, the audit record, the counters.
struct CompletionNotifier: Sendable {
  /// What the end of a command is called in the audit record.
  static let action = "command.ended"

  let client: NATSClient
  let audit: any Auditing
  let counters: PlatformCounters
  let logger: Logger

  /// The most bytes of a message here.
  var messageLimit: Int {
    if case .connected(_, _, let info) = client.state { info.maxPayload } else { 1 << 20 }
  }

  /// Tells of a record that has just become final.
  func notify(_ record: CommandRecord, result: [UInt8]?) async {
    counters.commandEnded(record.state)
    do {
      let view = CommandViewEncoder.json(record, result: result, limit: messageLimit)
      try client.publish(
        JSONWriter.encode(view), to: PlatformSubjects.done(record.id, of: record.submittedBy))
    } catch {
      // Who waits asks for the command after a while.
      logger.debug(
        "the end of a command was not told", metadata: ["command_id": "\(record.id)", "reason": "\(error)"])
    }
    logger.info(
      "command ended",
      metadata: [
        "command_id": "\(record.id)", "agent": "\(record.agent)", "operation": "\(record.operation)",
        "state": "\(record.state.rawValue)", "attempts": .stringConvertible(record.attempts),
      ])
    await appendAuditEntry(record)
  }

  /// Takes the end of a command down in the audit record: once, however often it is told within two minutes.
  func appendAuditEntry(_ record: CommandRecord) async {
    var details: JSONObject = [
      "agent": .string(record.agent), "operation": .string(record.operation),
      "state": .string(record.state.rawValue), "attempts": JSONValue(record.attempts),
      "submitted_by": .string(record.submittedBy),
    ]
    details.append("code", ifPresent: record.resultCode.map(JSONValue.string))
    details.append("cancelled_by", ifPresent: record.cancelRequestedBy.map(JSONValue.string))
    let entry = AuditEntry(
      at: record.endedAt ?? WallClock.now, by: "platform", action: Self.action, object: record.id,
      details: .object(details))
    do {
      try await audit.record(entry)
    } catch {
      logger.warning(
        "the end of a command is not in the audit record yet",
        metadata: ["command_id": "\(record.id)", "reason": "\(error)"])
      audit.note(entry)
    }
  }
}
