/// The configuration of a key-value bucket (ADR-8).
public struct KeyValueConfiguration: Sendable, Hashable {
  /// The name: letters, digits, `_` and `-`.
  public var bucket: String
  /// A description for operators.
  public var description: String?
  /// Number of values stored per key, 1 to 64.
  public var history: Int
  /// Maximum age of a value; nil for no limit.
  public var timeToLive: Duration?
  /// Where values are stored.
  public var storage: StreamConfiguration.Storage
  /// Number of replicas, 1 to 5.
  public var replicas: Int
  /// Maximum total size in bytes; −1 for no limit.
  public var maxBytes: Int64
  /// Maximum size of a value in bytes; −1 for no limit.
  public var maxValueSize: Int64

  /// Creates the configuration of a bucket on disk, by default with one value per key and without limits.
  public init(
    bucket: String, history: Int = 1, timeToLive: Duration? = nil, replicas: Int = 1,
    storage: StreamConfiguration.Storage = .file
  ) {
    self.bucket = bucket
    self.history = history
    self.timeToLive = timeToLive
    self.replicas = replicas
    self.storage = storage
    maxBytes = -1
    maxValueSize = -1
  }

  /// The configuration of the underlying stream.
  var stream: StreamConfiguration {
    var stream = StreamConfiguration(
      name: KeyValueBucket.stream(of: bucket), subjects: [KeyValueBucket.prefix(of: bucket) + ">"])
    stream.description = description
    stream.maxMessagesPerSubject = Int64(min(max(history, 1), 64))
    stream.maxAge = timeToLive
    stream.maxBytes = maxBytes
    stream.maxMessageSize = maxValueSize
    stream.storage = storage
    stream.replicas = replicas
    stream.discard = .new
    stream.duplicateWindow = min(timeToLive ?? .seconds(120), .seconds(120))
    stream.allowRollup = true
    stream.denyDelete = true
    stream.allowDirect = true
    return stream
  }
}
