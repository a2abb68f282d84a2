import JSON

/// A consumer and where it stands.
public struct ConsumerInfo: Sendable, Hashable {
  /// The stream.
  public var stream: String
  /// Its name.
  public var name: String
  /// When it was made, in Unix seconds.
  public var created: Double
  /// The number of the last delivery.
  public var deliveredConsumerSequence: UInt64
  /// The stream's number of the last message delivered.
  public var deliveredStreamSequence: UInt64
  /// The stream's number up to which all is acknowledged.
  public var ackFloorStreamSequence: UInt64
  /// Messages that wait for acknowledgement.
  public var ackPending: Int
  /// Messages that were delivered more than once and still wait.
  public var redelivered: Int
  /// Pulls that wait for messages.
  public var waiting: Int
  /// Messages that have not been delivered yet.
  public var pending: UInt64
  /// Where it lives, in a cluster.
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
