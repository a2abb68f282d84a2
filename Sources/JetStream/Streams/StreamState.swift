import JSON

/// The state of a stream.
public struct StreamState: Sendable, Hashable {
  /// Number of messages.
  public var messages: UInt64
  /// Their size in bytes.
  public var bytes: UInt64
  /// The sequence of the first message; one more than the last sequence if there is none.
  public var firstSequence: UInt64
  /// The sequence of the last message ever stored; zero for none.
  public var lastSequence: UInt64
  /// Number of consumers.
  public var consumers: Int
  /// Number of distinct subjects.
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
