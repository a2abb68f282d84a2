/// What a watch tells.
public struct WatchOptions: Sendable, Hashable {
  /// What it begins with.
  public enum Start: Sendable, Hashable {
    /// The last change of each key.
    case last
    /// All changes that are kept.
    case history
    /// Nothing: only what changes from now on.
    case updates
  }

  /// What it begins with.
  public var start: Start
  /// Whether deletions are left out.
  public var ignoresDeletes: Bool
  /// Whether values are left out.
  public var headersOnly: Bool
  /// How often the server gives a sign of life while nothing changes. After two that fail the watch begins anew where it was.
  public var heartbeat: Duration

  /// The last change of each key, then every change.
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
