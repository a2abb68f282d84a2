/// The configuration of a consumer (ADR-1, ADR-13).
public struct ConsumerConfiguration: Sendable, Hashable {
  /// Where to start in the stream.
  public enum DeliverPolicy: Sendable, Hashable {
    /// At the first message.
    case all
    /// At the last message.
    case last
    /// At the last message of each subject.
    case lastPerSubject
    /// With the next new message.
    case new
    /// At a sequence.
    case startSequence(UInt64)
    /// At a time, in Unix seconds.
    case startTime(Double)
  }

  /// How messages are acknowledged.
  public enum AckPolicy: String, Sendable, Hashable {
    /// Delivered messages need no acknowledgement.
    case none
    /// An acknowledgement includes all previous messages.
    case all
    /// Each message is acknowledged individually.
    case explicit
  }

  /// The name; nil for a generated one.
  public var name: String?
  /// Whether the server keeps it while it is inactive. Requires a name.
  public var isDurable: Bool
  /// A description for operators.
  public var description: String?
  /// Where to start in the stream.
  public var deliverPolicy: DeliverPolicy
  /// How messages are acknowledged.
  public var ackPolicy: AckPolicy
  /// Time after which an unacknowledged message is redelivered; nil for the server's default of 30 s.
  public var ackWait: Duration?
  /// Maximum number of deliveries of a message; −1 for no limit.
  public var maxDeliver: Int
  /// Delays before each redelivery; overrides ``ackWait``.
  public var backoff: [Duration]
  /// The subjects to deliver; empty for all.
  public var filterSubjects: [String]
  /// Maximum number of unacknowledged messages; nil for the server's default of 1,000.
  public var maxAckPending: Int?
  /// Maximum number of waiting pull requests; nil for the server's default of 512.
  public var maxWaiting: Int?
  /// Whether payloads are omitted.
  public var headersOnly: Bool
  /// Time after which an inactive consumer is deleted; nil for never if it is durable, or else the server's default of 5 s.
  public var inactiveThreshold: Duration?
  /// Number of replicas; nil for that of the stream.
  public var replicas: Int?
  /// Whether its state is kept in memory.
  public var isMemory: Bool

  /// Creates the configuration of a consumer with explicit acknowledgement, which is durable if it has a name.
  public init(name: String? = nil, filterSubjects: [String] = []) {
    self.name = name
    self.filterSubjects = filterSubjects
    isDurable = name != nil
    deliverPolicy = .all
    ackPolicy = .explicit
    maxDeliver = -1
    backoff = []
    headersOnly = false
    isMemory = false
  }
}
