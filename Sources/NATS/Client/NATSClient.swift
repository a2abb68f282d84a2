import Locks
public import Logging
public import NIOCore
public import NIOPosix

/// A client of one NATS server or cluster.
///
/// Everything long-lived happens inside ``run()``, so let a task of yours run it:
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
/// The client may be used before it is connected: subscriptions are made when it is, and publishes wait up to
/// ``NATSClientConfiguration/pendingBufferSize``. It connects again whenever a connection is lost.
public final class NATSClient: Sendable {
  /// What it was made with.
  public let configuration: NATSClientConfiguration
  let eventLoop: any EventLoop
  let logger: Logger
  let transport: TransportConnector
  /// What the subjects of this client's replies begin with.
  let repliesPrefix: String

  let outbound: Locked<OutboundQueue>
  let subscriptions = Locked(SubscriptionTable())
  let waiters = Locked(WaiterTable())
  let pool: Locked<ServerPool>
  let lifecycle = Locked(Lifecycle())
  let inbound = InboundCounters()
  let hub = EventHub()
  /// What only the event loop touches.
  let onLoop: NIOLoopBoundBox<LoopState>
  /// Signalled when the server refuses a subscription.
  let refusals: (stream: AsyncStream<Void>, signal: AsyncStream<Void>.Continuation)
  /// Finished when the client is to close.
  let closing: (stream: AsyncStream<Never>, signal: AsyncStream<Never>.Continuation)

  /// Makes a client, which connects as soon as it is ``run()``.
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

  /// What it is doing now.
  public var state: NATSClientState { lifecycle.withLock { $0.state } }

  /// What happens from now on. Every call makes an observer of its own, so one that is made before ``run()`` sees
  /// everything.
  public var events: NATSEvents { hub.observe() }

  /// What it has done so far.
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

  /// A subject that nobody else uses, below ``NATSClientConfiguration/inboxPrefix``.
  public func newInbox() -> String {
    "\(configuration.inboxPrefix).\(Inbox.unique())"
  }
}
