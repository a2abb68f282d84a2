public import JSON

/// The outcome of a command.
public struct ResultPayload: MessagePayload {
  /// The type of the envelopes that carry the payload.
  public static var messageType: Envelope.MessageType { .result }

  /// The kinds of outcomes.
  public enum Status: String, Sendable {
    /// The operation succeeded.
    case completed
    /// The operation was started and failed.
    case failed
    /// The command was rejected before anything was started.
    case rejected
  }

  /// The reasons for `failed` and `rejected`, for programs.
  public enum Code: String, Sendable {
    /// The operation is not in the local allowlist.
    case notPermitted = "not_permitted"
    /// The operation does not exist.
    case unknownOperation = "unknown_operation"
    /// The payload or the parameters are invalid.
    case invalidParams = "invalid_params"
    /// The command arrived after its `expires_at`.
    case expired
    /// The time-out has passed.
    case timedOut = "timed_out"
    /// The command was cancelled by `agent.cancel`.
    case cancelled
    /// The queue of the agent is full, or the operation is running already.
    case busy
    /// The machine does not support the operation.
    case unsupported
    /// The agent stopped while the operation was running.
    case interrupted
    /// Any other reason; see the message.
    case failed
  }

  /// The id of the command; empty when the command has none.
  public var commandID: String
  /// The outcome.
  public var status: Status
  /// The reason, for programs; nil when completed.
  public var code: Code?
  /// The reason, for people.
  public var message: String
  /// The output of the operation, which may be present when it failed.
  public var output: JSONValue?
  /// The duration of the operation in milliseconds; nil when it was not started.
  public var durationMilliseconds: Int64?
  /// Whether the output was shortened.
  public var isTruncated: Bool
  /// Whether this is the result of an earlier delivery of the same command, which did not run again.
  public var isReplayed = false

  /// Creates a result.
  public init(
    commandID: String, status: Status, code: Code? = nil, message: String = "", output: JSONValue? = nil,
    durationMilliseconds: Int64? = nil, isTruncated: Bool = false
  ) {
    self.commandID = commandID
    self.status = status
    self.code = code
    self.message = message
    self.output = output
    self.durationMilliseconds = durationMilliseconds
    self.isTruncated = isTruncated
  }

  /// Decodes a payload. An unknown `code` is nil.
  ///
  /// - Returns: nil when `json` is not an object with a `command_id` and a known `status`.
  public init?(_ json: JSONValue) {
    guard let object = json.objectValue, let commandID = object["command_id"]?.stringValue,
      let status = object["status"]?.stringValue.flatMap({ Status(rawValue: $0) })
    else { return nil }
    self.init(
      commandID: commandID, status: status,
      code: object["code"]?.stringValue.flatMap { Code(rawValue: $0) },
      message: object["message"]?.stringValue ?? "", output: object["output"],
      durationMilliseconds: object["duration_ms"]?.integerValue,
      isTruncated: object["truncated"]?.boolValue ?? false)
    isReplayed = object["replayed"]?.boolValue ?? false
  }

  /// The payload as JSON, without an empty `message` and without an absent `output`.
  public var json: JSONValue {
    var object: JSONObject = ["command_id": .string(commandID), "status": .string(status.rawValue)]
    if !message.isEmpty { object.append("message", .string(message)) }
    if let output, output != .null { object.append("output", output) }
    object.append("code", ifPresent: code.map { .string($0.rawValue) })
    object.append("duration_ms", ifPresent: durationMilliseconds.map { .integer($0) })
    if isTruncated { object.append("truncated", true) }
    if isReplayed { object.append("replayed", true) }
    return .object(object)
  }
}
