/// What a stream takes and keeps (ADR-1).
public struct StreamConfiguration: Sendable, Hashable {
  /// When a message may go.
  public enum Retention: String, Sendable, Hashable {
    /// When a limit is reached.
    case limits
    /// When all consumers have acknowledged it.
    case interest
    /// When one consumer has acknowledged it.
    case workQueue = "workqueue"
  }

  /// Where messages are kept.
  public enum Storage: String, Sendable, Hashable {
    /// On disk.
    case file
    /// In memory: gone when the server ends.
    case memory
  }

  /// What happens to a message for which there is no room.
  public enum Discard: String, Sendable, Hashable {
    /// The oldest ones go.
    case old
    /// It is refused.
    case new
  }

  /// Its name: no spaces, dots, wildcards or slashes.
  public var name: String
  /// What it is for.
  public var description: String?
  /// The subjects that it keeps; wildcards are allowed.
  public var subjects: [String]
  /// When a message may go.
  public var retention: Retention
  /// Where messages are kept.
  public var storage: Storage
  /// How long a message is kept; nil for as long as there is room.
  public var maxAge: Duration?
  /// Bytes in all; −1 for no limit.
  public var maxBytes: Int64
  /// Messages in all; −1 for no limit.
  public var maxMessages: Int64
  /// Messages on one subject; −1 for no limit.
  public var maxMessagesPerSubject: Int64
  /// Bytes of one message; −1 for no limit.
  public var maxMessageSize: Int64
  /// Consumers; −1 for no limit.
  public var maxConsumers: Int64
  /// What happens to a message for which there is no room.
  public var discard: Discard
  /// Servers that keep a copy, 1 to 5.
  public var replicas: Int
  /// How long the server remembers the ids of messages to refuse the same one twice; nil for the server's own choice.
  public var duplicateWindow: Duration?
  /// Whether a publish gets no acknowledgement even if it asks for one.
  public var noAck: Bool
  /// Whether any copy may answer for a message (ADR-31).
  public var allowDirect: Bool
  /// Whether no message can be deleted by itself. Can't be taken back.
  public var denyDelete: Bool
  /// Whether the stream can't be purged. Can't be taken back.
  public var denyPurge: Bool
  /// Whether a message may replace all before it.
  public var allowRollup: Bool

  /// A stream without limits on disk.
  public init(name: String, subjects: [String] = []) {
    self.name = name
    self.subjects = subjects
    retention = .limits
    storage = .file
    maxBytes = -1
    maxMessages = -1
    maxMessagesPerSubject = -1
    maxMessageSize = -1
    maxConsumers = -1
    discard = .old
    replicas = 1
    noAck = false
    allowDirect = false
    denyDelete = false
    denyPurge = false
    allowRollup = false
  }
}
