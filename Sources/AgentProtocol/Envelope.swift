import Encoding
public import JSON

/// The envelope of every message in both directions, version 1: a JSON object whose unknown members are ignored.
///
/// ```json
/// {"v":1,"id":"<uuid4>","type":"command","agent_type":"vm","agent_uuid":"<uuid>","timestamp":1748000000,
///  "reply_to":"<optional, commands only>","payload":{}}
/// ```
public struct Envelope: Sendable, Equatable {
  /// The types of messages.
  public enum MessageType: String, Sendable {
    /// A request to an agent. An empty type means the same.
    case command
    /// The operations that the agent allows.
    case capabilities
    /// Liveness and resource usage of the agent.
    case heartbeat
    /// Metrics of the machine.
    case telemetry
    /// The outcome of a command.
    case result
    /// A condition of the machine that needs attention.
    case alert
    /// A part of the output of a running command.
    case progress
    /// The time of the platform. It has no id and is not answered.
    case time
  }

  /// The id of the message. A result repeats that of its command as `command_id`.
  public var id: String
  /// The type, which may be unknown; empty when absent.
  public var type: String
  /// The agent that receives or sends the message; empty when absent.
  public var agentUUID: String
  /// The time of creation in unix seconds; nil when absent.
  public var timestamp: Int64?
  /// The subject for the result of a command; nil for the events subject.
  public var replyTo: String?
  /// The payload as well-formed JSON; empty when absent.
  public var payload: [UInt8]
  /// The members with values of the wrong type. A command with such members is rejected.
  public var malformedFields: [String]

  /// Whether this is a valid message of type `time`. One with an id is a request, and is not.
  public var isTime: Bool { id.isEmpty && type == MessageType.time.rawValue && malformedFields.isEmpty }

  /// Creates an envelope.
  public init(
    id: String, type: String = "", agentUUID: String = "", timestamp: Int64? = nil, replyTo: String? = nil,
    payload: [UInt8] = [], malformedFields: [String] = []
  ) {
    self.id = id
    self.type = type
    self.agentUUID = agentUUID
    self.timestamp = timestamp
    self.replyTo = replyTo
    self.payload = payload
    self.malformedFields = malformedFields
  }
}

extension Envelope {
  /// Decodes an envelope of version 1.
  ///
  /// - Throws: ``EnvelopeError`` when the message must be dropped.
  public init(parsing bytes: [UInt8]) throws(EnvelopeError) {
    var envelope = Envelope(id: "")
    var version: JSONValue?
    do {
      var reader = try JSONReader(bytes)
      try reader.readObject { (key, reader) throws(JSONError) in
        try envelope.readField(key, &version, &reader)
      }
      try reader.expectEnd()
    } catch {
      throw .malformed(error)
    }
    guard let version else { throw .missingVersion }
    guard version.doubleValue == 1 else { throw .unsupportedVersion(version) }
    self = envelope
  }

  private mutating func readField(
    _ key: String, _ version: inout JSONValue?, _ reader: inout JSONReader
  ) throws(JSONError) {
    switch key {
    case "v": version = try reader.readShallowValue()
    case "id": id = try readString(key, &reader) ?? ""
    case "type": type = try readString(key, &reader) ?? ""
    case "agent_uuid": agentUUID = try readString(key, &reader) ?? ""
    case "reply_to":
      let subject = try readString(key, &reader) ?? ""
      replyTo = subject.isEmpty ? nil : subject
    case "timestamp":
      let value = try reader.readShallowValue()
      // A platform may send fractions of a second.
      timestamp = value.integerValue ?? value.doubleValue.flatMap { Int64(exactly: $0.rounded(.down)) }
      record(key, malformedIf: timestamp == nil && value != .null)
    case "payload": payload = Array(try reader.rawValue())
    default: try reader.skipValue()
    }
  }

  private mutating func readString(_ key: String, _ reader: inout JSONReader) throws(JSONError) -> String? {
    let value = try reader.readShallowValue()
    record(key, malformedIf: value.stringValue == nil && value != .null)
    return value.stringValue
  }

  private mutating func record(_ key: String, malformedIf isMalformed: Bool) {
    malformedFields.removeAll { $0.hasSameBytes(as: key) }
    if isMalformed { malformedFields.append(key) }
  }
}

/// The reason why a message is dropped without an answer.
public enum EnvelopeError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The bytes are not a JSON object.
  case malformed(JSONError)
  /// The member `v` is missing.
  case missingVersion
  /// The member `v` is not 1.
  case unsupportedVersion(JSONValue)

  /// The reason for the log. Of the message it repeats only a version that is a number.
  public var description: String {
    switch self {
    case .malformed(let error): "not a JSON object: \(error.description)"
    case .missingVersion: "no version (\"v\")"
    case .unsupportedVersion(.integer(let version)): "version \(version), expected 1"
    case .unsupportedVersion(let version): "\(version.kind) as version, expected 1"
    }
  }
}
