import AgentProtocol
import JSON
import PlatformAPI

/// Validates a submission and creates its record. No I/O.
enum Submission {
  /// The maximum size of encoded parameters, in bytes.
  static let maximumParamsBytes = 256 << 10
  /// The maximum number of commands of one agent without a result.
  static let maximumOpen = 1000
  /// The maximum time for which a command may wait for its agent, in seconds: a week.
  static let maximumExpiry: Int64 = 604_800

  /// Creates the record of a request.
  ///
  /// - Parameters:
  ///   - agent: The uuid to which the request's reference resolves.
  ///   - expiresIn: The default expiry, in seconds.
  ///   - now: The current time, in unix seconds.
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

  /// Whether a text is valid as a command id, which is used as a bucket key and as a subject token.
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
