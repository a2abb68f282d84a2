import AgentProtocol
import JSON
import PlatformAPI

/// What may be submitted: turns a request into a record. A pure decision.
enum Submission {
  /// The longest parameters, encoded, in bytes.
  static let maximumParamsBytes = 256 << 10
  /// So many commands of one agent may be without a result.
  static let maximumOpen = 1000
  /// The longest that a command may wait for its agent: a week, in seconds.
  static let maximumExpiry: Int64 = 604_800

  /// The record of a request.
  ///
  /// - Parameters:
  ///   - agent: the uuid that the request's reference means.
  ///   - expiresIn: in seconds, for a request that says nothing about it.
  ///   - now: unix seconds.
  static func record(
    of request: Requests.Submit, agent: String, by operatorName: String, expiresIn: Int64, at now: Double
  ) throws(APIError) -> CommandRecord {
    let operation = request.operation
    guard (1...64).contains(operation.utf8.count), operation.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
    else {
      throw APIError(.invalid, "\"operation\" must be 1 to 64 printable characters without spaces")
    }
    let params: JSONValue
    switch request.params {
    case nil, .null?: params = .object(JSONObject())
    case .array(let elements)? where elements.isEmpty: params = .object(JSONObject())
    case .object(let object)?: params = .object(object)
    case let other?: throw APIError(.invalid, "\"params\" is \(other.kind), expected an object")
    }
    let size = JSONWriter.encode(params).count
    guard size <= maximumParamsBytes else {
      throw APIError(.invalid, "\"params\" take \(size) bytes, at most \(maximumParamsBytes) are allowed")
    }
    if let timeout = request.timeoutS, !(1...CommandPayload.maximumTimeoutSeconds).contains(timeout) {
      throw APIError(
        .invalid, "\"timeout_s\" is \(timeout), expected 1 to \(CommandPayload.maximumTimeoutSeconds)")
    }
    let lifetime = request.expiresInS ?? expiresIn
    guard (1...maximumExpiry).contains(lifetime) else {
      throw APIError(.invalid, "\"expires_in_s\" is \(lifetime), expected 1 to \(maximumExpiry)")
    }
    let id = request.id ?? MessageID.random()
    guard isID(id) else {
      throw APIError(.invalid, "\"id\" must be 8 to 64 letters, digits, \"-\" and \"_\"")
    }
    return CommandRecord(
      id: id, agent: agent, operation: operation, params: params, timeoutS: request.timeoutS,
      submittedBy: operatorName, submittedAt: now, expiresAt: Int64(now.rounded(.up)) + lifetime)
  }

  /// Whether a text can be the id of a command: it is a key of a bucket and a token of a subject.
  static func isID(_ text: String) -> Bool {
    (8...64).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
          true
        default: false
        }
      }
  }
}
