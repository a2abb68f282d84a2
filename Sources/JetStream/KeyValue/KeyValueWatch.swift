import NIOCore

/// What there is in a bucket, and then every change as it comes.
///
/// Reading throws when the bucket is gone, and ends when the client does or the task is cancelled.
public struct KeyValueWatch: AsyncSequence, Sendable {
  /// What a watch tells.
  public enum Element: Sendable, Hashable {
    /// A value, or a deletion.
    case entry(KeyValueEntry)
    /// All that was there when the watch began has been told. Comes once, for an empty bucket too.
    case current
  }

  /// Why nothing more can come.
  public typealias Failure = JetStreamError

  let bucket: KeyValueBucket
  let keys: String
  let options: WatchOptions

  /// Makes a reader.
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

  /// Reads what a watch tells.
  public struct AsyncIterator: AsyncIteratorProtocol {
    let watch: KeyValueWatch
    let reader: OrderedReader
    private var progress = WatchProgress()
    private var owesCurrent = false

    init(watch: KeyValueWatch, reader: OrderedReader) {
      self.watch = watch
      self.reader = reader
    }

    /// What comes next; nil at the end.
    public mutating func next() async throws(JetStreamError) -> Element? {
      try await next(isolation: #isolation)
    }

    /// What comes next; nil at the end.
    public mutating func next(
      isolation actor: isolated (any Actor)?
    ) async throws(JetStreamError) -> Element? {
      guard Name.isKeyPattern(watch.keys) else {
        throw JetStreamError(
          .invalidArgument,
          "bucket \(watch.bucket.name) can have no keys \(String(watch.keys.prefix(100)).debugDescription)")
      }
      while !owesCurrent {
        guard let event = try await reader.next() else { return nil }
        switch event {
        case .opened(let pending): owesCurrent = progress.left(pending)
        case .message(let message):
          owesCurrent = progress.left(message.pending)
          if let entry = watch.entry(message) { return .entry(entry) }
        }
      }
      owesCurrent = false
      return .current
    }
  }

  /// The change that a message tells of; nil if it is not wanted.
  private func entry(_ message: JetStreamMessage) -> KeyValueEntry? {
    let subject = message.subject
    guard subject.hasPrefix(bucket.prefix) else { return nil }
    let operation = KeyValueEntry.Operation(message.headers)
    if options.ignoresDeletes, operation != .put { return nil }
    return KeyValueEntry(
      key: String(subject.dropFirst(bucket.prefix.count)), value: Array(message.payload.readableBytesView),
      revision: message.streamSequence, operation: operation, time: message.time)
  }
}
