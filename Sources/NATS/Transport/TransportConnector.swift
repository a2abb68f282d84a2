import Glibc
import NIOCore
import NIOPosix

/// Opens byte streams to servers: TCP, optionally through a proxy, with TLS and WebSocket framing as the address requires.
///
/// The tail of the channel reads and writes `ByteBuffer`s. The bytes between two flushes are sent as one WebSocket frame.
struct TransportConnector: Sendable {
  let tls: NATSTLSConfiguration
  private let proxy: NATSProxy?
  private let proxyEnvironment: [String: String]
  let webSocketCompression: Bool

  init(
    tls: NATSTLSConfiguration, proxy: NATSProxy? = nil, proxyEnvironment: [String: String] = [:],
    webSocketCompression: Bool = true
  ) {
    self.tls = tls
    self.proxy = proxy
    self.proxyEnvironment = proxyEnvironment
    self.webSocketCompression = webSocketCompression
  }

  /// Returns the proxy for a server. The environment can exempt individual servers.
  func proxy(for server: NATSServerAddress) throws(NATSError) -> NATSProxy? {
    if let proxy { return proxy }
    return try NATSProxy.fromEnvironment(for: server, environment: proxyEnvironment)
  }

  /// Returns all addresses of a server in random order (ADR-11).
  static func resolve(
    _ server: NATSServerAddress, on eventLoop: any EventLoop, deadline: NIODeadline
  ) async throws(NATSError) -> [SocketAddress] {
    try await HostResolver.shared.resolve(
      host: server.host, port: server.port, on: eventLoop, deadline: deadline)
  }

  /// Opens a stream.
  ///
  /// - Parameters:
  ///   - server: the server to connect to.
  ///   - resolved: the only address to try, if the caller has resolved the host; ignored with a proxy.
  ///   - deadline: the deadline of all steps together.
  ///   - install: adds the NATS handler at the tail. Called on the event loop in the tick in which the stream becomes usable,
  ///     before its first byte is delivered. The channel is already active, so the handler receives no `channelActive`.
  /// - Throws: `connectionFailed`, `timeout`, `tlsFailed`, `tlsRequired`, `proxyFailed`, `webSocketFailed`. An error of `install`
  ///   becomes `connectionFailed` unless it is a `NATSError`. The channel is closed then.
  func connect(
    to server: NATSServerAddress, resolved: SocketAddress? = nil, on eventLoop: any EventLoop,
    deadline: NIODeadline, install: @escaping @Sendable (any Channel) throws -> Void
  ) async throws(NATSError) -> any Channel {
    let plan = try await TransportPlan(
      server: server, connector: self, deadline: deadline, eventLoop: eventLoop, install: install)
    let addresses: [SocketAddress]
    if let proxy = plan.proxy {
      addresses = try await HostResolver.shared.resolve(
        host: proxy.host, port: proxy.port, on: eventLoop, deadline: deadline)
    } else if let resolved {
      addresses = [resolved]
    } else {
      addresses = try await Self.resolve(server, on: eventLoop, deadline: deadline)
    }
    var failures: [NATSError] = []
    for (index, address) in addresses.enumerated() {
      let left = deadline - .now()
      guard left > .zero else { break }
      // An address that drops packets must not use up the time of the next one.
      let budget = TimeAmount.nanoseconds(left.nanoseconds / Int64(addresses.count - index))
      do throws(NATSError) {
        return try await open(plan, address: address, connectTimeout: budget, on: eventLoop)
      } catch {
        guard error.code == .connectionFailed, !Task.isCancelled else { throw error }
        failures.append(error)
      }
    }
    guard let last = failures.last else {
      throw NATSError(.timeout, "connecting to \(server) took too long")
    }
    guard failures.count > 1 else { throw last }
    throw NATSError(last.code, "none of \(failures.count) addresses answered: \(last.message)")
  }

  /// Upgrades a stream to TLS after INFO; not for WebSockets.
  ///
  /// Nothing may be written until the upgrade is complete. The files are read first on another thread; a server that waits for TLS
  /// sends nothing meanwhile.
  ///
  /// - Returns: a future that completes with the handshake, or fails with `tlsFailed`; the channel is closed then.
  func upgradeToTLS(channel: any Channel, server: NATSServerAddress) -> EventLoopFuture<Void> {
    let upgraded = TLSClient.load(tls, server: server, on: channel.eventLoop).flatMap { client in
      do {
        return try client.start(on: channel)
      } catch {
        return channel.eventLoop.makeFailedFuture(client.error(error))
      }
    }
    // In the next tick, so that observers of the future receive the error before the channel closes.
    upgraded.whenFailure { _ in channel.eventLoop.execute { channel.close(promise: nil) } }
    return upgraded
  }

  /// Sets the server's `max_payload` in bytes. Called on the event loop after every INFO. Compressed WebSocket messages are split
  /// accordingly.
  static func setMaximumPayload(_ bytes: Int, of channel: any Channel) {
    channel.triggerUserOutboundEvent(WebSocketHandler.MaximumPayload(bytes: bytes), promise: nil)
  }

  /// The maximum size of a receive buffer in bytes. A channel keeps a pool of four, each as large as the largest read, so this
  /// limits the memory that a burst leaves behind.
  private static let largestReceiveBuffer = 128 << 10

  private func open(
    _ plan: TransportPlan, address: SocketAddress, connectTimeout: TimeAmount, on eventLoop: any EventLoop
  ) async throws(NATSError) -> any Channel {
    let promise = eventLoop.makePromise(of: (any Channel).self)
    ClientBootstrap(group: eventLoop)
      .connectTimeout(connectTimeout)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelOption(.socketOption(.so_keepalive), value: 1)
      .channelOption(
        .recvAllocator,
        value: AdaptiveRecvByteBufferAllocator(
          minimum: 2048, initial: 16384, maximum: Self.largestReceiveBuffer)
      )
      .channelOption(.writeBufferWaterMark, value: .init(low: 256 * 1024, high: 1024 * 1024))
      .channelInitializer { channel in
        promise.futureResult.whenFailure { _ in channel.close(promise: nil) }
        return channel.eventLoop.makeCompletedFuture {
          try Self.setLiveness(channel)
          try channel.pipeline.syncOperations.addHandler(TransportOpener(plan: plan, promise: promise))
        }
      }
      .connect(to: address)
      .whenFailure { error in
        promise.fail(plan.connectError(error, address: address))
      }
    do {
      return try await withTaskCancellationHandler {
        try await promise.futureResult.get()
      } onCancel: {
        promise.fail(NATSError(.cancelled, "connecting to \(plan.server) was cancelled"))
      }
    } catch let error as NATSError {
      throw error
    } catch {
      throw NATSError(.connectionFailed, "connecting to \(plan.server) failed: \(error)")
    }
  }

  /// Sets the options by which the kernel detects dead peers: an idle peer within 30 s by keep-alive probes, and a peer that no
  /// longer acknowledges within 20 s (`TCP_USER_TIMEOUT`, tcp(7)).
  private static func setLiveness(_ channel: any Channel) throws {
    guard let options = channel.syncOptions else { return }
    let level = NIOBSDSocket.OptionLevel.tcp
    func set(_ name: Int32, _ value: Int) throws {
      try options.setOption(
        ChannelOptions.Types.SocketOption(level: level, name: NIOBSDSocket.Option(rawValue: name)),
        value: value)
    }
    try set(TCP_KEEPIDLE, 15)
    try set(TCP_KEEPINTVL, 5)
    try set(TCP_KEEPCNT, 3)
    try set(TCP_USER_TIMEOUT, 20_000)
  }
}
