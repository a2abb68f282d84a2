import JSON

/// A stream's word that it has a message.
public struct PublishAck: Sendable, Hashable {
  /// The stream.
  public var stream: String
  /// The number of the message in it.
  public var sequence: UInt64
  /// Whether it had a message of this id before, and took no second one.
  public var isDuplicate: Bool

  init?(_ json: JSONObject) {
    stream = json.text("stream")
    sequence = json.sequence("seq")
    isDuplicate = json.flag("duplicate")
    guard !stream.isEmpty, sequence > 0 else { return nil }
  }
}
