import Encoding

/// The known servers, and the choice of the next one to try.
///
/// Each server is tried once without a delay. A server that has failed is tried again after a delay of its own. Attempts can
/// overlap. The caller supplies the random numbers and the time, as a reading of a monotonic clock.
package struct ServerPool: Sendable {
  package struct Server: Sendable, Equatable {
    package var address: NATSServerAddress
    package var isDiscovered: Bool
    /// Whether this server, or the server that announced it, has used TLS. Never reset.
    package var hasUsedTLS = false
    /// Failures since the last successful connection.
    package var failures = 0
    /// Consecutive connections that were lost shortly after they were established.
    package var shortConnections = 0
    /// The earliest time of the next attempt.
    package var notBefore: Duration = .zero
    /// Whether an attempt is in progress.
    package var isBeingTried = false
  }

  /// The next server to try, and the delay before the attempt.
  package struct Attempt: Sendable, Equatable {
    package var address: NATSServerAddress
    package var delay: Duration

    package init(address: NATSServerAddress, delay: Duration) {
      self.address = address
      self.delay = delay
    }
  }

  package typealias Order = @Sendable ([NATSServerAddress]) -> [NATSServerAddress]

  package private(set) var servers: [Server]
  package private(set) var current: NATSServerAddress?
  private let backoff: ReconnectBackoff
  private let ignoreDiscovered: Bool
  /// Sorts or shuffles servers into the order in which they are tried.
  private let order: Order
  /// The configured hosts. The certificate of a discovered server has to be valid for one of them.
  private let configuredNames: [String]

  package init(
    _ addresses: [NATSServerAddress], backoff: ReconnectBackoff, ignoreDiscovered: Bool,
    order: @escaping Order
  ) {
    var unique: [NATSServerAddress] = []
    for address in addresses {
      if let index = unique.firstIndex(where: { $0.isSameServer(as: address) }) {
        // Of two URLs of one server, the one with TLS takes precedence.
        if address.requiresTLS, !unique[index].requiresTLS { unique[index] = address }
      } else {
        unique.append(address)
      }
    }
    var names: [String] = []
    for address in unique where !names.containsExactly(address.host) { names.append(address.host) }
    configuredNames = names
    servers = order(unique).map { Server(address: $0, isDiscovered: false) }
    self.backoff = backoff
    self.ignoreDiscovered = ignoreDiscovered
    self.order = order
  }

  /// Returns the next attempt: the first server that may be tried now, otherwise the one that may be tried first. Servers with an
  /// attempt in progress are excluded.
  ///
  /// While another attempt is in progress, configured servers precede discovered ones, because servers often announce addresses
  /// that are not reachable from the client.
  package func next(now: Duration) -> Attempt? {
    let free = servers.filter { !$0.isBeingTried }
    let tried = servers.count - free.count
    let ready = free.filter { $0.notBefore <= now }
    let configured = ready.first { !$0.isDiscovered }
    if let next = tried == 0 ? ready.first : configured ?? ready.first(where: mayBeTried) {
      return Attempt(address: next.address, delay: .zero)
    }
    guard let soonest = free.filter(mayBeTried).min(by: { $0.notBefore < $1.notBefore }) else { return nil }
    return Attempt(address: soonest.address, delay: soonest.notBefore - now)
  }

  /// Whether an attempt may start. The number of concurrent attempts to discovered servers is limited.
  private func mayBeTried(_ server: Server) -> Bool {
    guard server.isDiscovered else { return true }
    return servers.filter { $0.isBeingTried && $0.isDiscovered }.count < Self.maximumDiscoveredAttempts
  }

  /// The maximum number of concurrent attempts to discovered servers, so that a configured one can be tried as well.
  package static let maximumDiscoveredAttempts = 3

  /// Records the start of an attempt.
  package mutating func began(_ address: NATSServerAddress) {
    guard let index = servers.firstIndex(where: { $0.address.isSameServer(as: address) }) else { return }
    servers[index].isBeingTried = true
  }

  /// Records that an attempt was abandoned because another server answered first. The server keeps its position.
  package mutating func abandoned(_ address: NATSServerAddress) {
    guard let index = servers.firstIndex(where: { $0.address.isSameServer(as: address) }) else { return }
    servers[index].isBeingTried = false
  }

  /// Returns the servers other than `address`.
  package func others(than address: NATSServerAddress) -> [NATSServerAddress] {
    servers.map { $0.address }.filter { !$0.isSameServer(as: address) }
  }

  /// Records a failed attempt and moves the server to the end of the order.
  ///
  /// - Returns: the delay before the server is tried again.
  @discardableResult
  package mutating func failed(_ address: NATSServerAddress, now: Duration, fraction: Double) -> Duration {
    guard let index = servers.firstIndex(where: { $0.address.isSameServer(as: address) }) else {
      return .zero
    }
    var server = servers.remove(at: index)
    server.failures &+= 1
    server.isBeingTried = false
    let delay = backoff.delay(failures: server.failures, fraction: fraction)
    server.notBefore = now + delay
    servers.append(server)
    return delay
  }

  /// Records an established connection.
  package mutating func connected(_ address: NATSServerAddress) {
    current = address
    guard let index = servers.firstIndex(where: { $0.address.isSameServer(as: address) }) else { return }
    servers[index].failures = 0
    servers[index].isBeingTried = false
    servers[index].notBefore = .zero
  }

  /// Records the loss of the connection and moves the server to the end of the order, so that another server is tried first. The
  /// server may be tried again without a delay, unless it repeatedly drops connections shortly after they are established.
  ///
  /// - Parameter lifetime: the time that the connection was established.
  package mutating func disconnected(after lifetime: Duration, now: Duration, fraction: Double) {
    defer { current = nil }
    guard let current, let index = servers.firstIndex(where: { $0.address.isSameServer(as: current) })
    else { return }
    var server = servers.remove(at: index)
    if lifetime < Self.shortLifetime {
      let delay = backoff.delay(failures: server.shortConnections, fraction: fraction)
      server.notBefore = now + delay
      server.shortConnections &+= 1
    } else {
      server.shortConnections = 0
    }
    servers.append(server)
  }

  /// The lifetime below which a connection counts as dropped by the server.
  private static let shortLifetime = Duration.seconds(1)

  /// Records a successful TLS handshake.
  package mutating func recordTLS(of address: NATSServerAddress) {
    guard let index = servers.firstIndex(where: { $0.address.isSameServer(as: address) }) else { return }
    servers[index].hasUsedTLS = true
  }

  /// Whether plain text must not be accepted from `address` any more: the server has used TLS, or it is a discovered server and a
  /// configured server uses TLS.
  package func hasUsedTLS(_ address: NATSServerAddress) -> Bool {
    let known = servers.first { $0.address.isSameServer(as: address) }
    if let known, known.hasUsedTLS || !known.isDiscovered { return known.hasUsedTLS }
    return usesTLS
  }

  /// Whether a configured server requires TLS or has used it.
  private var usesTLS: Bool {
    servers.contains { !$0.isDiscovered && ($0.hasUsedTLS || $0.address.requiresTLS) }
  }

  /// Updates the discovered servers from the INFO of a server.
  ///
  /// An INFO over a connection in clear text is ignored once a configured server uses TLS. The certificates of discovered servers
  /// have to be valid for the name of a configured server.
  ///
  /// - Returns: the addresses that were not known before.
  package mutating func gossip(
    from server: NATSServerAddress, info: NATSServerInfo, isEncrypted: Bool
  ) -> [NATSServerAddress] {
    guard !ignoreDiscovered, isEncrypted || !usesTLS else { return [] }
    let urls = server.scheme.isWebSocket ? info.webSocketConnectURLs : info.connectURLs
    // An INFO without addresses removes no servers.
    guard !urls.isEmpty else { return [] }
    // Invalid entries are skipped.
    let own = server.certificateNames.first ?? server.host
    let names = [own] + configuredNames.filter { $0 != own }
    let announced = urls.prefix(Self.maximumDiscovered).compactMap { url in
      do throws(NATSError) {
        return try server.discovered(url, certificateNames: names)
      } catch {
        return nil
      }
    }
    servers.removeAll { known in
      known.isDiscovered && !announced.contains { $0.isSameServer(as: known.address) }
        && !server.isSameServer(as: known.address)
        && !(current?.isSameServer(as: known.address) ?? false)
    }
    var added: [NATSServerAddress] = []
    for address in announced {
      let isKnown = servers.contains { $0.address.isSameServer(as: address) }
      let isItself = address.isSameServer(as: server)
      if !isKnown, !isItself, !added.contains(where: { $0.isSameServer(as: address) }) {
        added.append(address)
      }
    }
    servers.append(
      contentsOf: order(added).map { Server(address: $0, isDiscovered: true, hasUsedTLS: isEncrypted) })
    return added
  }

  /// The maximum number of announced servers; further ones are ignored.
  private static let maximumDiscovered = 1024
}

extension NATSServerAddress {
  /// Whether the scheme requires TLS.
  package var requiresTLS: Bool { scheme == .tls || scheme == .wss }

  /// Whether both addresses refer to the same listener, regardless of TLS and credentials.
  package func isSameServer(as other: NATSServerAddress) -> Bool {
    port == other.port && host == other.host && scheme.isWebSocket == other.scheme.isWebSocket
  }
}
