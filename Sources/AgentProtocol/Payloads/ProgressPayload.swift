public import JSON

/// A part of what a running command writes, sent before its result.
public struct ProgressPayload: Sendable, Equatable {
  /// The id of the command.
  public var commandID: String
  /// The number of the part, from 1 on, counted over both streams: a gap is a part that could not be sent.
  public var sequence: UInt64
  /// Where the command wrote it to.
  public var stream: ProgressStream
  /// What it wrote; characters are whole.
  public var data: String

  /// A part.
  public init(commandID: String, sequence: UInt64, stream: ProgressStream, data: String) {
    self.commandID = commandID
    self.sequence = sequence
    self.stream = stream
    self.data = data
  }

  /// The payload as JSON.
  public var json: JSONValue {
    [
      "command_id": .string(commandID), "seq": JSONValue(sequence), "stream": .string(stream.rawValue),
      "data": .string(data),
    ]
  }
}

/// The streams that a command can write to.
public enum ProgressStream: String, Sendable {
  /// Standard output.
  case stdout
  /// Standard error.
  case stderr
}
