public import JSON

/// A request to run an operation.
public struct CommandPayload: Sendable, Equatable {
  /// The name of the operation.
  public var operation: String
  /// The parameters of the operation. `null`, `[]`, `{}` and an absent member all mean none.
  public var params: JSONObject
  /// The time-out in seconds, from 1 to ``maximumTimeoutSeconds``; nil for the default of the agent.
  public var timeoutSeconds: Int64?
  /// The unix second after which the command is rejected.
  public var expiresAt: Int64?
  /// The unix second at which the command was submitted; the same in every delivery of it.
  public var madeAt: Int64?

  /// Creates a command.
  public init(
    operation: String, params: JSONObject = JSONObject(), timeoutSeconds: Int64? = nil,
    expiresAt: Int64? = nil, madeAt: Int64? = nil
  ) {
    self.operation = operation
    self.params = params
    self.timeoutSeconds = timeoutSeconds
    self.expiresAt = expiresAt
    self.madeAt = madeAt
  }

  /// The greatest `timeout_s`: a day.
  public static let maximumTimeoutSeconds: Int64 = 86_400

  /// The range of `made_at`: from 1970 to the end of the year 9999.
  public static let madeAtRange: ClosedRange<Int64> = 0...253_402_300_799

  /// Decodes a payload. Unknown members are ignored.
  ///
  /// - Throws: ``CommandPayloadError``, whose description is the message of the result.
  public init(parsing payload: [UInt8]) throws(CommandPayloadError) {
    guard !payload.isEmpty else { throw CommandPayloadError("the payload is missing") }
    let value: JSONValue
    do {
      value = try JSONReader.parse(payload)
    } catch {
      throw CommandPayloadError("the payload is unreadable: \(error.description)")
    }
    guard let object = value.objectValue else {
      throw CommandPayloadError("the payload is \(value.kind), expected an object")
    }
    guard let operation = object["operation"]?.stringValue, !operation.isEmpty else {
      throw CommandPayloadError("\"operation\" must be a string that is not empty")
    }
    self.operation = operation
    self.params = try Self.params(object["params"])
    self.timeoutSeconds = try Self.timeout(object["timeout_s"])
    self.expiresAt = try Self.wholeNumber("expires_at", object["expires_at"])
    self.madeAt = try Self.madeAt(object["made_at"])
  }

  /// The payload as JSON.
  public var json: JSONValue {
    var object: JSONObject = ["operation": .string(operation), "params": .object(params)]
    object.append("timeout_s", ifPresent: timeoutSeconds.map { .integer($0) })
    object.append("expires_at", ifPresent: expiresAt.map { .integer($0) })
    object.append("made_at", ifPresent: madeAt.map { .integer($0) })
    return .object(object)
  }

  private static func params(_ value: JSONValue?) throws(CommandPayloadError) -> JSONObject {
    switch value {
    case nil, .null?: return JSONObject()
    case .array(let elements)? where elements.isEmpty: return JSONObject()
    case .object(let object)?: return object
    case let other?: throw CommandPayloadError("\"params\" is \(other.kind), expected an object")
    }
  }

  private static func timeout(_ value: JSONValue?) throws(CommandPayloadError) -> Int64? {
    guard let seconds = try wholeNumber("timeout_s", value), seconds > 0 else { return nil }
    guard seconds <= maximumTimeoutSeconds else {
      throw CommandPayloadError("\"timeout_s\" is more than a day (\(maximumTimeoutSeconds))")
    }
    return seconds
  }

  private static func madeAt(_ value: JSONValue?) throws(CommandPayloadError) -> Int64? {
    guard let time = try wholeNumber("made_at", value) else { return nil }
    guard madeAtRange.contains(time) else {
      throw CommandPayloadError("\"made_at\" is no time in unix seconds")
    }
    return time
  }

  private static func wholeNumber(_ key: String, _ value: JSONValue?) throws(CommandPayloadError) -> Int64? {
    guard let value, value != .null else { return nil }
    guard let number = value.integerValue else {
      throw CommandPayloadError("\"\(key)\" must be a whole number")
    }
    return number
  }
}

/// The reason why the payload of a command is rejected.
public struct CommandPayloadError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The message for the result.
  public let description: String

  /// Creates an error.
  public init(_ description: String) {
    self.description = description
  }
}
