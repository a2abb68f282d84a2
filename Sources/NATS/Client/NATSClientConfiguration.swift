/// Everything a ``NATSClient`` can be told.
public struct NATSClientConfiguration: Sendable {
  /// The servers to try. More are learnt from those that gossip about their cluster.
  public var servers: [NATSServerAddress]
  /// The name that the server shows for this connection.
  public var name: String
  /// Asked anew before each attempt to connect, so that a rotated key is taken up. Credentials in the address
  /// of a server are used when this answers ``NATSCredentials/none``.
  public var credentials: @Sendable () async throws -> NATSCredentials
  /// How TLS is used.
  public var tls: NATSTLSConfiguration
  /// The HTTP proxy that connections are made through.
  public var proxy: NATSProxy?
  /// Where ``proxy`` is nil: the variables that name a proxy for each server (``NATSProxy/fromEnvironment(for:environment:)``).
  public var proxyEnvironment: [String: String]
  /// Whether `permessage-deflate` is offered to WebSocket servers.
  public var webSocketCompression: Bool
  /// The deadline over a whole attempt: TCP, proxy, TLS, WebSocket, INFO, CONNECT and the first PONG.
  public var connectTimeout: Duration
  /// How often the server is asked whether it still lives. Zero never asks.
  public var pingInterval: Duration
  /// How many of those questions may be unanswered before the connection counts as dead.
  public var maxPingsOutstanding: Int
  /// When to try again.
  public var reconnect: NATSReconnectPolicy
  /// Bytes of publishes that are kept while there is no connection; zero refuses them.
  public var pendingBufferSize: Int
  /// Bytes waiting to be written above which ``NATSClient/publishWithBackpressure(_:to:replyTo:headers:)`` suspends.
  public var writeHighWaterMark: Int
  /// Bytes waiting to be written above which a publish that can't wait is refused.
  public var writeLimit: Int
  /// Messages a subscription holds for its reader before it drops new ones, unless it says otherwise.
  public var maxPendingMessages: Int
  /// Bytes a subscription holds for its reader before it drops new ones, unless it says otherwise.
  public var maxPendingBytes: Int
  /// The first tokens of the subjects that replies come to.
  public var inboxPrefix: String
  /// Whether this client receives what it publishes itself.
  public var echo: Bool
  /// Whether servers learnt from gossip are left aside.
  public var ignoreDiscoveredServers: Bool
  /// Whether the order of the servers is random, which spreads a fleet over a cluster.
  public var randomizeServers: Bool
  /// Whether a first connection that fails is tried again like a lost one; if not, ``NATSClient/run()`` throws.
  public var retryOnFailedInitialConnect: Bool

  /// Makes a configuration with the defaults, which suit a client that must never give up.
  public init(
    servers: [NATSServerAddress],
    name: String = "",
    tls: NATSTLSConfiguration = NATSTLSConfiguration(),
    credentials: @escaping @Sendable () async throws -> NATSCredentials = { .none }
  ) {
    self.servers = servers
    self.name = name
    self.credentials = credentials
    self.tls = tls
    self.proxy = nil
    self.proxyEnvironment = [:]
    self.webSocketCompression = true
    self.connectTimeout = .seconds(5)
    self.pingInterval = .seconds(120)
    self.maxPingsOutstanding = 2
    self.reconnect = NATSReconnectPolicy()
    self.pendingBufferSize = 8 << 20
    self.writeHighWaterMark = 512 << 10
    self.writeLimit = 32 << 20
    self.maxPendingMessages = 500_000
    self.maxPendingBytes = 64 << 20
    self.inboxPrefix = "_INBOX"
    self.echo = true
    self.ignoreDiscoveredServers = false
    self.randomizeServers = true
    self.retryOnFailedInitialConnect = true
  }
}
