/// What a consumer delivers, and how (ADR-1, ADR-13).
public struct ConsumerConfiguration: Sendable, Hashable {
  /// Where it begins.
  public enum DeliverPolicy: Sendable, Hashable {
    /// At the first message.
    case all
    /// At the last message.
    case last
    /// At the last message of each subject.
    case lastPerSubject
    /// After what is there now.
    case new
    /// At this number.
    case startSequence(UInt64)
    /// At this time, in Unix seconds.
    case startTime(Double)
  }

  /// What counts as acknowledged.
  public enum AckPolicy: String, Sendable, Hashable {
    /// Everything that was delivered.
    case none
    /// All up to the one that was acknowledged.
    case all
    /// Each by itself.
    case explicit
  }

  /// Its name; nil for one of the server's choice, which goes when nobody uses it.
  public var name: String?
  /// Whether it stays when nobody uses it. Needs a name.
  public var isDurable: Bool
  /// What it is for.
  public var description: String?
  /// Where it begins.
  public var deliverPolicy: DeliverPolicy
  /// What counts as acknowledged.
  public var ackPolicy: AckPolicy
  /// How long an acknowledgement may take before the message is delivered again; nil for the server's 30 s.
  public var ackWait: Duration?
  /// How often a message is delivered at most; −1 for no limit.
  public var maxDeliver: Int
  /// How long to wait before each delivery after the first; takes the place of ``ackWait``.
  public var backoff: [Duration]
  /// The subjects it delivers; all where there are none.
  public var filterSubjects: [String]
  /// How many messages may wait for acknowledgement; nil for the server's 1,000.
  public var maxAckPending: Int?
  /// How many pulls may wait; nil for the server's 512.
  public var maxWaiting: Int?
  /// Whether payloads are left out.
  public var headersOnly: Bool
  /// How long it stays when nobody uses it; nil for ever where it is durable, else for the server's 5 s.
  public var inactiveThreshold: Duration?
  /// Servers that keep a copy; nil for as many as the stream has.
  public var replicas: Int?
  /// Whether its state is kept in memory.
  public var isMemory: Bool

  /// A consumer of all messages, each acknowledged by itself, which is durable where it has a name.
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
