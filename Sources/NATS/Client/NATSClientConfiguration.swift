/// The configuration of a ``NATSClient``.
public struct NATSClientConfiguration: Sendable {
  /// The servers to connect to. Further servers are discovered from the INFO of a cluster.
  public var servers: [NATSServerAddress]
  /// The name that the server shows for this connection.
  public var name: String
  /// Returns the credentials. Called before each connect, so that a rotated key takes effect. The credentials of the server's URL
  /// are used when it returns ``NATSCredentials/none``.
  public var credentials: @Sendable () async throws -> NATSCredentials
  /// How TLS is used.
  public var tls: NATSTLSConfiguration
  /// The HTTP proxy that connections are made through.
  public var proxy: NATSProxy?
  /// The environment variables that select a proxy when ``proxy`` is nil (``NATSProxy/fromEnvironment(for:environment:)``).
  public var proxyEnvironment: [String: String]
  /// Whether `permessage-deflate` is offered to WebSocket servers.
  public var webSocketCompression: Bool
  /// The timeout of a whole attempt: TCP, proxy, TLS, WebSocket, INFO, CONNECT and the first PONG.
  public var connectTimeout: Duration
  /// The interval between PINGs; zero sends none.
  public var pingInterval: Duration
  /// The number of unanswered PINGs after which the connection counts as stale.
  public var maxPingsOutstanding: Int
  /// The delays between attempts to connect.
  public var reconnect: NATSReconnectPolicy
  /// The bytes of publishes that are buffered while there is no connection; zero rejects them.
  public var pendingBufferSize: Int
  /// Bytes waiting to be written above which ``NATSClient/publishWithBackpressure(_:to:replyTo:headers:)`` suspends.
  public var writeHighWaterMark: Int
  /// Bytes waiting to be written above which a publish without back-pressure is rejected.
  public var writeLimit: Int
  /// The default number of pending messages above which a subscription drops new ones.
  public var maxPendingMessages: Int
  /// The default number of pending bytes above which a subscription drops new messages.
  public var maxPendingBytes: Int
  /// The prefix of reply subjects.
  public var inboxPrefix: String
  /// Whether this client receives its own messages.
  public var echo: Bool
  /// Whether the servers announced by a cluster are ignored.
  public var ignoreDiscoveredServers: Bool
  /// Whether the servers are tried in random order, which spreads clients over a cluster.
  public var randomizeServers: Bool
  /// Whether a failed first connect is retried like a lost connection. If false, ``NATSClient/run()`` throws.
  public var retryOnFailedInitialConnect: Bool

  /// Creates a configuration. By default the client reconnects without a limit.
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
