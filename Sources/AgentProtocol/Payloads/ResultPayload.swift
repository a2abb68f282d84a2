public import JSON

/// The answer to a command.
public struct ResultPayload: Sendable, Equatable {
  /// How it ended.
  public enum Status: String, Sendable {
    /// It did what was asked.
    case completed
    /// It was tried and did not succeed.
    case failed
    /// It was refused before anything ran.
    case rejected
  }

  /// Why it did not complete, for programs.
  public enum Code: String, Sendable {
    /// The local allowlist does not have it.
    case notPermitted = "not_permitted"
    /// This agent has no operation of that name.
    case unknownOperation = "unknown_operation"
    /// The payload or the parameters are not what the operation takes.
    case invalidParams = "invalid_params"
    /// It came after its `expires_at`.
    case expired
    /// Its time-out passed.
    case timedOut = "timed_out"
    /// An `agent.cancel` ended it.
    case cancelled
    /// The agent has no room for it now.
    case busy
    /// This machine cannot do it.
    case unsupported
    /// The agent was stopped before it had ended.
    case interrupted
    /// Anything else; the message tells.
    case failed
  }

  /// The id of the command; empty when it had none.
  public var commandID: String
  /// How it ended.
  public var status: Status
  /// Why, for programs; nil when completed.
  public var code: Code?
  /// Why, for people.
  public var message: String
  /// What the operation gave back, also when it failed.
  public var output: JSONValue?
  /// From its start to its end, in milliseconds; nil when nothing ran.
  public var durationMilliseconds: Int64?
  /// Whether a part of the output was left out.
  public var isTruncated: Bool
  /// Whether it was given before: the command came once more, and did not run again.
  public var isReplayed = false

  /// An answer.
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

  /// The payload as JSON: `message` unless empty, `output` unless there is none.
  public var json: JSONValue {
    var object: JSONObject = ["command_id": .string(commandID), "status": .string(status.rawValue)]
    if !message.isEmpty { object.append("message", .string(message)) }
    if let output, output != .null { object.append("output", output) }
    object.append("code", ifPresent: code.map { .string($0.rawValue) })
    object.append("duration_ms", ifPresent: durationMilliseconds.map(JSONValue.integer))
    if isTruncated { object.append("truncated", true) }
    if isReplayed { object.append("replayed", true) }
    return .object(object)
  }
}
