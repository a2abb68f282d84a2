import JSON

/// The acknowledgement of a published message.
public struct PublishAck: Sendable, Hashable {
  /// The stream.
  public var stream: String
  /// The sequence of the message in the stream.
  public var sequence: UInt64
  /// Whether the stream already had a message with this id, and discarded the new one.
  public var isDuplicate: Bool

  init?(_ json: JSONObject) {
    stream = json.text("stream")
    sequence = json.sequence("seq")
    isDuplicate = json.flag("duplicate")
    guard !stream.isEmpty, sequence > 0 else { return nil }
  }
}
