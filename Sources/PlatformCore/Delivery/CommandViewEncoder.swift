import AgentProtocol
import JSON
import PlatformAPI

/// A ``CommandView`` as it is sent to operators, small enough for a message.
enum CommandViewEncoder {
  /// What stands around it in a message, generously.
  private static let margin = 1024
  /// Parameters that are larger are left out of lists, in bytes.
  private static let listedParams = 1024

  /// The view with its result.
  ///
  /// - Parameters:
  ///   - result: the payload that the agent sent, which is cut where it is too large.
  ///   - limit: the most bytes of a message.
  static func json(_ record: CommandRecord, result: [UInt8]?, limit: Int) -> JSONValue {
    var object = object(record, params: record.params)
    guard let result else { return .object(object) }
    let room = limit - margin - JSONWriter.encode(.object(object)).count
    object.append("result", ifPresent: fitted(result, to: room))
    return .object(object)
  }

  /// The view in a list: without its result, and without parameters that are large.
  static func listed(_ record: CommandRecord) -> JSONValue {
    let size = JSONWriter.encode(record.params).count
    let note: JSONValue = ["omitted": .string("\(size) bytes; see the command itself")]
    return .object(object(record, params: size <= listedParams ? record.params : note))
  }

  /// A result payload of at most so many bytes, with the longest texts of its output cut where it was larger.
  static func fitted(_ result: [UInt8], to room: Int) -> JSONValue? {
    if result.count <= room {
      do { return try JSONReader.parse(result) } catch { return nil }
    }
    return ResultPayload(parsing: result)?.fitting(max(1024, room)).json
  }

  private static func object(_ record: CommandRecord, params: JSONValue) -> JSONObject {
    var object: JSONObject = [
      "id": .string(record.id), "agent": .string(record.agent), "operation": .string(record.operation),
      "params": params, "submitted_by": .string(record.submittedBy),
      "submitted_at": .number(record.submittedAt), "expires_at": .integer(record.expiresAt),
      "state": .string(record.state.rawValue), "attempts": JSONValue(record.attempts),
    ]
    object.append("timeout_s", ifPresent: record.timeoutS.map(JSONValue.integer))
    object.append("ended_at", ifPresent: record.endedAt.map(JSONValue.number))
    return object
  }
}
