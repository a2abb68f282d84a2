public import JSON

/// What a command asks for.
public struct CommandPayload: Sendable, Equatable {
  /// The operation's name.
  public var operation: String
  /// The operation's parameters; `null`, `[]`, `{}` and absent all mean none.
  public var params: JSONObject
  /// The seconds after which the operation is abandoned; nil = the default of the agent.
  public var timeoutSeconds: Int64?
  /// The unix second after which the command is no longer run.
  public var expiresAt: Int64?
  /// The unix second at which the command was first submitted; the same each time that it is sent.
  public var madeAt: Int64?

  /// A command.
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

  /// The longest `timeout_s`: a day.
  public static let maximumTimeoutSeconds: Int64 = 86_400

  /// What `made_at` can be: from 1970 to the end of the year 9999.
  public static let madeAtRange: ClosedRange<Int64> = 0...253_402_300_799

  /// Reads the payload of a command.
  ///
  /// - Throws: ``CommandPayloadError``, which says what is wrong in words fit for the answer.
  public init(parsing payload: [UInt8]) throws(CommandPayloadError) {
    guard !payload.isEmpty else { throw CommandPayloadError("the payload is missing") }
    let value: JSONValue
    do {
      value = try JSONReader.parse(payload)
    } catch {
      throw CommandPayloadError("the payload is unreadable: \(error)")
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

/// What is wrong with a command's payload.
public struct CommandPayloadError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The words for the answer.
  public let description: String

  /// An error with these words.
  public init(_ description: String) {
    self.description = description
  }
}
