/// What an ordered consumer reads, and how.
public struct OrderedConsumerOptions: Sendable, Hashable {
  /// Where it begins.
  public var deliverPolicy: ConsumerConfiguration.DeliverPolicy
  /// The subjects it reads; all where there are none.
  public var filterSubjects: [String]
  /// Whether payloads are left out.
  public var headersOnly: Bool
  /// How many messages may be on their way at once, 1 to 10,000.
  public var batch: Int
  /// How often the server gives a sign of life while nothing comes. After two that fail it begins anew where it was.
  public var heartbeat: Duration

  /// All messages from the first one on.
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
