import Encoding
import NIOCore

/// The current values of a bucket, followed by all changes.
///
/// The iterator throws if the bucket is deleted, and ends when the client is closed or the task is cancelled.
public struct KeyValueWatch: AsyncSequence, Sendable {
  /// An element of a watch.
  public enum Element: Sendable, Hashable {
    /// A value, or a deletion.
    case entry(KeyValueEntry)
    /// All values that existed at the start have been returned. Occurs once, even if the bucket is empty.
    case current
  }

  /// The error of the iterator.
  public typealias Failure = JetStreamError

  let bucket: KeyValueBucket
  let keys: String
  let options: WatchOptions

  /// Creates an iterator.
  public func makeAsyncIterator() -> AsyncIterator {
    let start: ConsumerConfiguration.DeliverPolicy =
      switch options.start {
      case .last: .lastPerSubject
      case .history: .all
      case .updates: .new
      }
    let ordered = OrderedConsumerOptions(
      deliverPolicy: start, filterSubjects: [bucket.prefix + keys], headersOnly: options.headersOnly,
      heartbeat: options.heartbeat)
    return AsyncIterator(
      watch: self, reader: OrderedReader(bucket.jetStream, stream: bucket.stream, options: ordered))
  }

  /// The iterator of a watch.
  public struct AsyncIterator: AsyncIteratorProtocol {
    let watch: KeyValueWatch
    let reader: OrderedReader
    private var progress = WatchProgress()
    private var isCurrentPending = false

    init(watch: KeyValueWatch, reader: OrderedReader) {
      self.watch = watch
      self.reader = reader
    }

    /// The next element; nil at the end.
    public mutating func next() async throws(JetStreamError) -> Element? {
      try await next(isolation: #isolation)
    }

    /// The next element; nil at the end.
    public mutating func next(
      isolation actor: isolated (any Actor)?
    ) async throws(JetStreamError) -> Element? {
      guard Name.isKeyPattern(watch.keys) else {
        throw JetStreamError(
          .invalidArgument,
          "bucket \(watch.bucket.name) can have no keys \(watch.keys.prefix(bytes: 100).debugDescription)")
      }
      while !isCurrentPending {
        guard let event = try await reader.next() else { return nil }
        switch event {
        case .opened(let pending): isCurrentPending = progress.becomesCurrent(pending: pending)
        case .message(let message):
          isCurrentPending = progress.becomesCurrent(pending: message.pending)
          if let entry = watch.entry(message) { return .entry(entry) }
        }
      }
      isCurrentPending = false
      return .current
    }
  }

  /// The change in a message; nil if it is filtered out.
  private func entry(_ message: JetStreamMessage) -> KeyValueEntry? {
    guard let key = KeyValueBucket.key(ofSubject: message.subject, in: bucket.name) else { return nil }
    let operation = KeyValueEntry.Operation(message.headers)
    if options.ignoresDeletes, operation != .put { return nil }
    return KeyValueEntry(
      key: key, value: Array(message.payload.readableBytesView),
      revision: message.streamSequence, operation: operation, time: message.time)
  }
}

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

/// Tracks whether a watch has returned all values that existed at its start.
struct WatchProgress: Hashable {
  private(set) var isCurrent = false

  /// Records the number of changes that the consumer has yet to deliver.
  ///
  /// - Returns: true once, when no change is left for the first time.
  mutating func becomesCurrent(pending: UInt64) -> Bool {
    guard !isCurrent, pending == 0 else { return false }
    isCurrent = true
    return true
  }
}
