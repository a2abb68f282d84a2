/// An event of a service that systemd reports.
public enum UnitEvent: Sendable, Equatable {
  /// Events are received from here on. Earlier ones are not reported, so all states must be queried. Also sent after events were
  /// lost.
  case connected
  /// The bus was lost. No events are received until the next `connected`.
  case disconnected
  /// A property of a service changed; its states may be the same as before.
  case changed(unit: String, activeState: String, subState: String)
  /// A start, stop, restart or reload of a service was enqueued.
  case jobQueued(unit: String, job: UInt32)
  /// A job of a service ended: `done`, `canceled`, `timeout`, `failed`, `dependency`, `skipped` or another. systemd does not
  /// report the type of the job.
  case jobRemoved(unit: String, job: UInt32, result: String)
}

/// A listener to unit events, with a bounded buffer.
struct UnitEventListener {
  /// The most events that are buffered for a listener.
  static let capacity = 4096

  private let continuation: AsyncStream<UnitEvent>.Continuation
  private var overflow: OverflowMarker

  init(_ continuation: AsyncStream<UnitEvent>.Continuation, capacity: Int = Self.capacity) {
    self.continuation = continuation
    overflow = OverflowMarker(capacity: capacity)
  }

  /// Appends an event to the buffer. When that drops the oldest one, a `connected` follows, upon which the listener queries all
  /// states again.
  mutating func deliver(_ event: UnitEvent) {
    guard case .dropped = continuation.yield(event) else { return overflow.added() }
    if overflow.addedWithLoss() { continuation.yield(.connected) }
  }
}

/// Decides when a buffer that drops its oldest element when full needs a marker for the loss: whenever it holds no earlier marker.
struct OverflowMarker {
  private let capacity: Int
  /// The number of elements added since the last marker, including it.
  private var sinceMarker: Int

  init(capacity: Int) {
    self.capacity = capacity
    sinceMarker = capacity
  }

  /// Records that an element was added without loss.
  mutating func added() {
    sinceMarker = min(sinceMarker + 1, capacity)
  }

  /// Records that an element was added and the oldest was dropped.
  ///
  /// - Returns: Whether a marker must be added; it is counted as added.
  mutating func addedWithLoss() -> Bool {
    added()
    guard sinceMarker >= capacity else { return false }
    sinceMarker = 1
    return true
  }
}
