import AgentProtocol
import JSON
import PlatformAPI

/// Encodes a ``CommandView`` for operators, within the size of a message.
enum CommandViewEncoder {
  /// The bytes reserved for the response around the view.
  private static let margin = 1024
  /// The maximum size of parameters in a list, in bytes.
  private static let maximumListedParams = 1024

  /// The view of a command with its result.
  ///
  /// - Parameters:
  ///   - result: The payload that the agent sent; cut when it is too large.
  ///   - limit: The maximum payload of a message, in bytes.
  static func json(_ record: CommandRecord, result: [UInt8]?, limit: Int) -> JSONValue {
    var object = object(record, params: record.params)
    guard let result else { return .object(object) }
    let room = limit - margin - JSONWriter.encode(.object(object)).count
    object.append("result", ifPresent: fitted(result, to: room))
    return .object(object)
  }

  /// The view of a command in a list, without its result and without large parameters.
  static func listed(_ record: CommandRecord) -> JSONValue {
    let size = JSONWriter.encode(record.params).count
    let note: JSONValue = ["omitted": .string("\(size) bytes; see the command itself")]
    return .object(object(record, params: size <= maximumListedParams ? record.params : note))
  }

  /// A result payload of at most `room` bytes. The longest texts of a larger output are cut.
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
