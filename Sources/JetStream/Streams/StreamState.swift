import JSON

/// What is in a stream.
public struct StreamState: Sendable, Hashable {
  /// Messages.
  public var messages: UInt64
  /// Bytes they take.
  public var bytes: UInt64
  /// The number of the oldest message; one more than the last where there is none.
  public var firstSequence: UInt64
  /// The number of the newest message there ever was; zero for none.
  public var lastSequence: UInt64
  /// Consumers it has.
  public var consumers: Int
  /// Different subjects among its messages.
  public var subjects: Int

  init(_ json: JSONObject) {
    messages = json.sequence("messages")
    bytes = json.sequence("bytes")
    firstSequence = json.sequence("first_seq")
    lastSequence = json.sequence("last_seq")
    consumers = json.count("consumer_count")
    subjects = json.count("num_subjects")
  }
}
