/// Options of an ordered consumer.
public struct OrderedConsumerOptions: Sendable, Hashable {
  /// Where to start in the stream.
  public var deliverPolicy: ConsumerConfiguration.DeliverPolicy
  /// The subjects to deliver; empty for all.
  public var filterSubjects: [String]
  /// Whether payloads are omitted.
  public var headersOnly: Bool
  /// Maximum number of messages in flight, 1 to 10,000.
  public var batch: Int
  /// Interval of the idle heartbeats of the server. After two missing heartbeats a new consumer resumes at the same position.
  public var heartbeat: Duration

  /// Creates options; by default for all messages.
  public init(
    deliverPolicy: ConsumerConfiguration.DeliverPolicy = .all, filterSubjects: [String] = [],
    headersOnly: Bool = false, batch: Int = 512, heartbeat: Duration = .seconds(2)
  ) {
    self.deliverPolicy = deliverPolicy
    self.filterSubjects = filterSubjects
    self.headersOnly = headersOnly
    self.batch = batch
    self.heartbeat = heartbeat
  }
}
