import JSON
import PlatformAPI

extension CommandRecord {
  /// The JSON that is stored in the bucket.
  var encoded: [UInt8] {
    var object: JSONObject = [
      "id": .string(id), "agent": .string(agent), "operation": .string(operation), "params": params,
      "submitted_by": .string(submittedBy), "submitted_at": .number(submittedAt),
      "expires_at": .integer(expiresAt), "state": .string(state.rawValue), "attempts": JSONValue(attempts),
    ]
    object.append("timeout_s", ifPresent: timeoutS.map(JSONValue.integer))
    object.append("order", ifPresent: order.map { JSONValue($0) })
    object.append("last_sent_at", ifPresent: lastSentAt.map(JSONValue.number))
    object.append("cancel_requested_at", ifPresent: cancelRequestedAt.map(JSONValue.number))
    object.append("cancel_requested_by", ifPresent: cancelRequestedBy.map(JSONValue.string))
    object.append("ended_at", ifPresent: endedAt.map(JSONValue.number))
    object.append("result_code", ifPresent: resultCode.map(JSONValue.string))
    return JSONWriter.encode(.object(object))
  }

  /// Decodes a stored record; nil for invalid JSON.
  init?(decoding bytes: [UInt8]) {
    let value: JSONValue
    do { value = try JSONReader.parse(bytes) } catch { return nil }
    guard let object = value.objectValue, let id = object["id"]?.stringValue,
      let agent = object["agent"]?.stringValue, let operation = object["operation"]?.stringValue,
      let submittedBy = object["submitted_by"]?.stringValue,
      let submittedAt = object["submitted_at"]?.doubleValue,
      let expiresAt = object["expires_at"]?.integerValue,
      let state = object["state"]?.stringValue.flatMap(CommandView.State.init)
    else { return nil }
    self.init(
      id: id, agent: agent, operation: operation, params: object["params"] ?? .object(JSONObject()),
      timeoutS: object["timeout_s"]?.integerValue, submittedBy: submittedBy, submittedAt: submittedAt,
      expiresAt: expiresAt)
    self.state = state
    attempts = object["attempts"]?.integerValue.flatMap(Int.init(exactly:)) ?? 0
    order = object["order"]?.integerValue.flatMap(UInt64.init(exactly:))
    lastSentAt = object["last_sent_at"]?.doubleValue
    cancelRequestedAt = object["cancel_requested_at"]?.doubleValue
    cancelRequestedBy = object["cancel_requested_by"]?.stringValue
    endedAt = object["ended_at"]?.doubleValue
    resultCode = object["result_code"]?.stringValue
  }
}
