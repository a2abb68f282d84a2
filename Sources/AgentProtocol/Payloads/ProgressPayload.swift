public import JSON

/// A part of the output of a running command, published before its result.
public struct ProgressPayload: MessagePayload {
  /// The type of the envelopes that carry the payload.
  public static var messageType: Envelope.MessageType { .progress }

  /// The id of the command.
  public var commandID: String
  /// The number of the part, from 1, counted over both streams. A gap is a part that could not be sent.
  public var sequence: UInt64
  /// The stream of the command.
  public var stream: ProgressStream
  /// The output. No part begins or ends within a UTF-8 sequence.
  public var data: String

  /// Creates a part.
  public init(commandID: String, sequence: UInt64, stream: ProgressStream, data: String) {
    self.commandID = commandID
    self.sequence = sequence
    self.stream = stream
    self.data = data
  }

  /// Decodes a payload.
  ///
  /// - Returns: nil when a member is missing, or the stream is unknown.
  public init?(_ json: JSONValue) {
    guard let object = json.objectValue, let commandID = object["command_id"]?.stringValue,
      let sequence = object["seq"]?.unsignedValue,
      let stream = object["stream"]?.stringValue.flatMap({ ProgressStream(rawValue: $0) }),
      let data = object["data"]?.stringValue
    else { return nil }
    self.init(commandID: commandID, sequence: sequence, stream: stream, data: data)
  }

  /// The payload as JSON.
  public var json: JSONValue {
    [
      "command_id": .string(commandID), "seq": JSONValue(sequence), "stream": .string(stream.rawValue),
      "data": .string(data),
    ]
  }
}

/// The output streams of a command.
public enum ProgressStream: String, Sendable {
  /// Standard output.
  case stdout
  /// Standard error.
  case stderr
}
