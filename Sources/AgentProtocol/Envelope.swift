import JSON

/// What every message is wrapped in, in both directions (version 1, UTF-8 JSON, unknown fields ignored):
///
/// ```json
/// {"v":1,"id":"<uuid4>","type":"command","agent_type":"vm","agent_uuid":"<uuid>","timestamp":1748000000,
///  "reply_to":"<optional, commands only>","payload":{}}
/// ```
public struct Envelope: Sendable, Equatable {
  /// The kinds of message that the protocol knows.
  public enum MessageType: String, Sendable {
    /// From the platform; an empty type means the same.
    case command
    /// What the agent can do.
    case capabilities
    /// That the agent lives.
    case heartbeat
    /// What the machine is doing.
    case telemetry
    /// The answer to a command.
    case result
    /// Something that an operator should know.
    case alert
    /// A part of what a running command writes.
    case progress
    /// From the platform: its time. It has no id and no answer.
    case time
  }

  /// The message's id; a command's is repeated in its result as `command_id`.
  public var id: String
  /// The type as it stands there; empty when absent.
  public var type: String
  /// Whom it is for, or whom it is from; empty when absent.
  public var agentUUID: String
  /// When it was made, in unix seconds; nil when absent.
  public var timestamp: Int64?
  /// Where the result of a command is wanted, when not on the events subject.
  public var replyTo: String?
  /// The payload, as JSON that is well formed; empty when absent.
  public var payload: [UInt8]
  /// Fields that are there but hold something else than the protocol says. Such a message is still answered.
  public var malformedFields: [String]

  /// Whether it carries the platform's time. A message of that type that has an id wants an answer, and is none.
  public var isTime: Bool { id.isEmpty && type == MessageType.time.rawValue && malformedFields.isEmpty }

  /// An envelope as it was received.
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
  /// Reads an envelope of version 1.
  ///
  /// - Throws: ``EnvelopeError`` for what must be dropped: bytes that are no envelope, or another version.
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
      // Whole seconds are enough; a platform that sends fractions means the same instant.
      timestamp = value.integerValue ?? value.doubleValue.flatMap { Int64(exactly: $0.rounded(.down)) }
      note(key, malformedIf: timestamp == nil && value != .null)
    case "payload": payload = Array(try reader.rawValue())
    default: try reader.skipValue()
    }
  }

  private mutating func readString(_ key: String, _ reader: inout JSONReader) throws(JSONError) -> String? {
    let value = try reader.readShallowValue()
    note(key, malformedIf: value.stringValue == nil && value != .null)
    return value.stringValue
  }

  private mutating func note(_ key: String, malformedIf isMalformed: Bool) {
    malformedFields.removeAll { $0 == key }
    if isMalformed { malformedFields.append(key) }
  }
}
