/// What happens to a client, from the moment this sequence was made.
///
/// Connects and disconnects are kept until they are read; of the rest, what comes while 1,024 events wait is left out.
public struct NATSEvents: AsyncSequence, Sendable {
  /// Events.
  public typealias Element = NATSEvent
  /// Reading never fails.
  public typealias Failure = Never

  let stream: AsyncStream<NATSEvent>
  let backlog: EventBacklog

  /// Reads the events in order.
  public struct AsyncIterator: AsyncIteratorProtocol {
    var base: AsyncStream<NATSEvent>.AsyncIterator
    let backlog: EventBacklog

    /// The next event; nil after ``NATSEvent/closed``.
    public mutating func next() async -> NATSEvent? {
      await next(isolation: #isolation)
    }

    /// The next event; nil after ``NATSEvent/closed``.
    public mutating func next(isolation actor: isolated (any Actor)?) async -> NATSEvent? {
      let event = await base.next(isolation: actor)
      if event != nil { backlog.took() }
      return event
    }
  }

  /// Makes a reader; there may be only one.
  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(base: stream.makeAsyncIterator(), backlog: backlog)
  }
}
