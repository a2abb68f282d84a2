import Locks
public import Logging
@_exported public import NATSProtocol
public import NIOCore
public import NIOPosix

/// A client of one NATS server or cluster.
///
/// All long-lived work happens inside ``run()``, which has to run in a task of its own:
///
/// ```swift
/// let client = NATSClient(configuration: configuration, logger: logger)
/// try await withThrowingTaskGroup(of: Void.self) { group in
///   group.addTask { try await client.run() }
///   …
///   try await client.drain(timeout: .seconds(5))
/// }
/// ```
///
/// The client can be used before it is connected. Subscriptions are sent once it is connected, and up to
/// ``NATSClientConfiguration/pendingBufferSize`` bytes of publishes are buffered. The client reconnects whenever a connection is
/// lost.
public final class NATSClient: Sendable {
  /// The configuration that the client was created with.
  public let configuration: NATSClientConfiguration
  let eventLoop: any EventLoop
  let logger: Logger
  let transport: TransportConnector
  /// The prefix of the reply subjects of this client.
  let repliesPrefix: String

  let outbound: Locked<OutboundQueue>
  let subscriptions = Locked(SubscriptionTable())
  let waiters = Locked(WaiterTable())
  let pool: Locked<ServerPool>
  let lifecycle = Locked(Lifecycle())
  let inbound = InboundCounters()
  let hub = EventHub()
  /// State that is confined to the event loop.
  let onLoop: NIOLoopBoundBox<LoopState>
  /// Signalled when the server refuses a subscription.
  let refusals: (stream: AsyncStream<Void>, signal: AsyncStream<Void>.Continuation)
  /// Finished by ``close()``.
  let closing: (stream: AsyncStream<Never>, signal: AsyncStream<Never>.Continuation)

  /// Creates a client. It connects when ``run()`` is called.
  public init(
    configuration: NATSClientConfiguration,
    eventLoopGroup: any EventLoopGroup = NIOSingletons.posixEventLoopGroup,
    logger: Logger
  ) {
    self.configuration = configuration
    self.logger = logger
    eventLoop = eventLoopGroup.next()
    transport = TransportConnector(
      tls: configuration.tls, proxy: configuration.proxy,
      proxyEnvironment: configuration.proxyEnvironment,
      webSocketCompression: configuration.webSocketCompression)
    repliesPrefix = "\(configuration.inboxPrefix).\(Inbox.unique())"
    outbound = Locked(
      OutboundQueue(
        pendingLimit: max(configuration.pendingBufferSize, 0),
        keptCapacity: 4 * max(configuration.writeHighWaterMark, 64 << 10)))
    let randomizes = configuration.randomizeServers
    pool = Locked(
      ServerPool(
        configuration.servers, backoff: ReconnectBackoff(configuration.reconnect),
        ignoreDiscovered: configuration.ignoreDiscoveredServers,
        order: { randomizes ? $0.shuffled() : $0 }))
    onLoop = NIOLoopBoundBox.makeBoxSendingValue(LoopState(), eventLoop: eventLoop)
    let (refusalStream, refusalSignal) = AsyncStream.makeStream(
      of: Void.self, bufferingPolicy: .bufferingNewest(1))
    refusals = (refusalStream, refusalSignal)
    let (stream, signal) = AsyncStream.makeStream(of: Never.self)
    closing = (stream, signal)
  }

  /// The current state.
  public var state: NATSClientState { lifecycle.withLock { $0.state } }

  /// The events from now on. Every access creates an independent observer; one created before ``run()`` receives every event.
  public var events: NATSEvents { hub.observe() }

  /// The counters of this client since its creation.
  public var statistics: NATSStatistics {
    var statistics = NATSStatistics()
    outbound.withLock {
      statistics.outMessages = $0.messages
      statistics.outBytes = $0.contentBytes
      statistics.refused = $0.refused
      statistics.pendingBytes = $0.pendingBytes
    }
    statistics.subscriptions = subscriptions.withLock { $0.subscriptions.count }
    statistics.reconnects = lifecycle.withLock { $0.lastConnectionID > 0 ? $0.lastConnectionID - 1 : 0 }
    inbound.read(into: &statistics)
    return statistics
  }

  /// Creates a unique subject below ``NATSClientConfiguration/inboxPrefix``.
  public func newInbox() -> String {
    "\(configuration.inboxPrefix).\(Inbox.unique())"
  }
}
