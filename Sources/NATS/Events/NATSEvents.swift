/// The events of a client since this sequence was created.
///
/// Events that change the client's state are kept until they are read. Other events are dropped while 1,024 events wait.
public struct NATSEvents: AsyncSequence, Sendable {
  /// An event of the client.
  public typealias Element = NATSEvent
  /// Iteration throws no error.
  public typealias Failure = Never

  let stream: AsyncStream<NATSEvent>
  let backlog: EventBacklog

  /// Iterates over the events in the order in which they happened.
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
      if event != nil { backlog.consumed() }
      return event
    }
  }

  /// Creates the iterator. Each sequence supports one.
  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(base: stream.makeAsyncIterator(), backlog: backlog)
  }
}
