/// Options of a watch.
public struct WatchOptions: Sendable, Hashable {
  /// The changes to start with.
  public enum Start: Sendable, Hashable {
    /// The last change of each key.
    case last
    /// All stored changes.
    case history
    /// Only new changes.
    case updates
  }

  /// The changes to start with.
  public var start: Start
  /// Whether deletions are skipped.
  public var ignoresDeletes: Bool
  /// Whether values are omitted.
  public var headersOnly: Bool
  /// Interval of the idle heartbeats of the server. After two missing heartbeats the watch resumes with a new consumer.
  public var heartbeat: Duration

  /// Creates options; by default the last change of each key is followed by all new changes.
  public init(
    start: Start = .last, ignoresDeletes: Bool = false, headersOnly: Bool = false,
    heartbeat: Duration = .seconds(2)
  ) {
    self.start = start
    self.ignoresDeletes = ignoresDeletes
    self.headersOnly = headersOnly
    self.heartbeat = heartbeat
  }
}
