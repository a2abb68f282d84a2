/// What a bucket keeps (ADR-8).
public struct KeyValueConfiguration: Sendable, Hashable {
  /// Its name: letters, digits, `_` and `-`.
  public var bucket: String
  /// What it is for.
  public var description: String?
  /// How many values of a key are kept, 1 to 64.
  public var history: Int
  /// How long a value is kept; nil for ever.
  public var timeToLive: Duration?
  /// Where values are kept.
  public var storage: StreamConfiguration.Storage
  /// Servers that keep a copy, 1 to 5.
  public var replicas: Int
  /// Bytes in all; −1 for no limit.
  public var maxBytes: Int64
  /// Bytes of one value; −1 for no limit.
  public var maxValueSize: Int64

  /// A bucket on disk that keeps one value of each key for ever.
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

  /// The stream that is the bucket.
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
