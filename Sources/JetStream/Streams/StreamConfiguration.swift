/// The configuration of a stream (ADR-1).
public struct StreamConfiguration: Sendable, Hashable {
  /// When messages are removed.
  public enum Retention: String, Sendable, Hashable {
    /// When a limit is exceeded.
    case limits
    /// When all consumers have acknowledged it.
    case interest
    /// When one consumer has acknowledged it.
    case workQueue = "workqueue"
  }

  /// Where messages are stored.
  public enum Storage: String, Sendable, Hashable {
    /// On disk.
    case file
    /// In memory, and lost when the server stops.
    case memory
  }

  /// What is discarded when a limit is reached.
  public enum Discard: String, Sendable, Hashable {
    /// The oldest messages.
    case old
    /// The new message, which is rejected.
    case new
  }

  /// The name, without spaces, dots, wildcards and slashes.
  public var name: String
  /// A description for operators.
  public var description: String?
  /// The subjects of its messages; they may contain wildcards.
  public var subjects: [String]
  /// When messages are removed.
  public var retention: Retention
  /// Where messages are stored.
  public var storage: Storage
  /// Maximum age of a message; nil for no limit.
  public var maxAge: Duration?
  /// Maximum total size in bytes; −1 for no limit.
  public var maxBytes: Int64
  /// Maximum number of messages; −1 for no limit.
  public var maxMessages: Int64
  /// Maximum number of messages per subject; −1 for no limit.
  public var maxMessagesPerSubject: Int64
  /// Maximum size of a message in bytes; −1 for no limit.
  public var maxMessageSize: Int64
  /// Maximum number of consumers; −1 for no limit.
  public var maxConsumers: Int64
  /// What is discarded when a limit is reached.
  public var discard: Discard
  /// Number of replicas, 1 to 5.
  public var replicas: Int
  /// How long the server tracks message ids to detect duplicates; nil for the server's default.
  public var duplicateWindow: Duration?
  /// Whether publishes are not acknowledged.
  public var noAck: Bool
  /// Whether any replica may serve messages (ADR-31).
  public var allowDirect: Bool
  /// Whether single messages can't be deleted. Can't be reverted.
  public var denyDelete: Bool
  /// Whether the stream can't be purged. Can't be reverted.
  public var denyPurge: Bool
  /// Whether a message may replace all previous ones (`Nats-Rollup`).
  public var allowRollup: Bool

  /// Creates the configuration of a stream on disk, without limits.
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
