import JSON

/// The state of a consumer.
public struct ConsumerInfo: Sendable, Hashable {
  /// The name of the stream.
  public var stream: String
  /// The name of the consumer.
  public var name: String
  /// When it was created, in Unix seconds.
  public var created: Double
  /// The consumer sequence of the last delivery.
  public var deliveredConsumerSequence: UInt64
  /// The stream sequence of the last delivered message.
  public var deliveredStreamSequence: UInt64
  /// The stream sequence up to which all messages are acknowledged.
  public var ackFloorStreamSequence: UInt64
  /// Number of unacknowledged messages.
  public var ackPending: Int
  /// Number of unacknowledged messages that were redelivered.
  public var redelivered: Int
  /// Number of waiting pull requests.
  public var waiting: Int
  /// Number of messages that have not been delivered.
  public var pending: UInt64
  /// The placement; nil outside of a cluster.
  public var cluster: ClusterInfo?

  init?(_ json: JSONObject) {
    stream = json.text("stream_name")
    name = json.text("name")
    guard Name.isAllowed(name) else { return nil }
    created = json.time("created")
    let delivered = json.object("delivered")
    deliveredConsumerSequence = delivered.sequence("consumer_seq")
    deliveredStreamSequence = delivered.sequence("stream_seq")
    ackFloorStreamSequence = json.object("ack_floor").sequence("stream_seq")
    ackPending = json.count("num_ack_pending")
    redelivered = json.count("num_redelivered")
    waiting = json.count("num_waiting")
    pending = json.sequence("num_pending")
    cluster = json["cluster"]?.objectValue.map { ClusterInfo($0) }
  }
}
