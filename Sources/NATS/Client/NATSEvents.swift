/// What happens to a client, from the moment this sequence was made.
///
/// It holds the newest 1,024 events for its reader and drops older ones.
public struct NATSEvents: AsyncSequence, Sendable {
  /// Events.
  public typealias Element = NATSEvent
  /// Reading never fails.
  public typealias Failure = Never

  let stream: AsyncStream<NATSEvent>

  /// Reads the events in order.
  public struct AsyncIterator: AsyncIteratorProtocol {
    var base: AsyncStream<NATSEvent>.AsyncIterator

    /// The next event; nil after ``NATSEvent/closed``.
    public mutating func next() async -> NATSEvent? {
      await base.next(isolation: #isolation)
    }

    /// The next event; nil after ``NATSEvent/closed``.
    public mutating func next(isolation actor: isolated (any Actor)?) async -> NATSEvent? {
      await base.next(isolation: actor)
    }
  }

  /// Makes a reader; there may be only one.
  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(base: stream.makeAsyncIterator())
  }
}
