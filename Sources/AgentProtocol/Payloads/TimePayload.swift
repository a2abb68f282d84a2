public import JSON

/// The message of the agent that the time of the platform answers. The time itself is the timestamp of the envelope.
public struct TimePayload: MessagePayload {
  /// The type of the envelopes that carry the payload.
  public static var messageType: Envelope.MessageType { .time }

  /// The `id` of the agent's message. The time is not older than that message.
  public var inReplyTo: String

  private static let longestID = 128

  /// Creates a payload.
  public init(inReplyTo: String) {
    self.inReplyTo = inReplyTo
  }

  /// Decodes a payload.
  ///
  /// - Returns: nil when `json` is not an object with an `in_reply_to` of 1 to 128 bytes.
  public init?(_ json: JSONValue) {
    guard let id = json.objectValue?["in_reply_to"]?.stringValue,
      (1...Self.longestID).contains(id.utf8.count)
    else { return nil }
    inReplyTo = id
  }

  /// The payload as JSON.
  public var json: JSONValue { ["in_reply_to": .string(inReplyTo)] }
}
