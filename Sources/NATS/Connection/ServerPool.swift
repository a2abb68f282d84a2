import NIOCore

/// The servers that are known, and which is to be tried next.
///
/// A pass goes through all of them without a pause; a server that failed comes back in the next pass only
/// after a pause of its own. A value without clock and without randomness of its own.
struct ServerPool: Sendable {
  struct Server: Sendable, Equatable {
    var address: NATSServerAddress
    var isDiscovered: Bool
    /// Failures since this server last worked.
    var failures = 0
    /// Connections in a row that stood and were lost again at once.
    var shortLives = 0
    /// Before then it is not tried.
    var notBefore: NIODeadline = .uptimeNanoseconds(0)
  }

  /// Which server to try, and how long to wait first.
  struct Attempt: Sendable, Equatable {
    var address: NATSServerAddress
    var delay: TimeAmount
  }

  typealias Order = @Sendable ([NATSServerAddress]) -> [NATSServerAddress]

  private(set) var servers: [Server]
  private(set) var current: NATSServerAddress?
  private let backoff: ReconnectBackoff
  private let ignoreDiscovered: Bool
  /// Puts servers into the order they are tried in.
  private let order: Order

  init(
    _ addresses: [NATSServerAddress], backoff: ReconnectBackoff, ignoreDiscovered: Bool,
    order: @escaping Order
  ) {
    var unique: [NATSServerAddress] = []
    for address in addresses where !unique.contains(where: { $0.isSameServer(as: address) }) {
      unique.append(address)
    }
    servers = order(unique).map { Server(address: $0, isDiscovered: false) }
    self.backoff = backoff
    self.ignoreDiscovered = ignoreDiscovered
    self.order = order
  }

  /// The next attempt: the first in order that may be tried now, else the one whose time comes first.
  func next(now: NIODeadline) -> Attempt? {
    if let ready = servers.first(where: { $0.notBefore <= now }) {
      return Attempt(address: ready.address, delay: .zero)
    }
    guard let soonest = servers.min(by: { $0.notBefore < $1.notBefore }) else { return nil }
    return Attempt(address: soonest.address, delay: soonest.notBefore - now)
  }

  /// The servers that a connection to `address` could move to.
  func others(than address: NATSServerAddress) -> [NATSServerAddress] {
    servers.map(\.address).filter { !$0.isSameServer(as: address) }
  }

  /// Notes a failed attempt; the server goes to the end of the order.
  ///
  /// - Returns: the pause before this server is tried again.
  @discardableResult
  mutating func failed(_ address: NATSServerAddress, now: NIODeadline, fraction: Double) -> Duration {
    guard let index = servers.firstIndex(where: { $0.address.isSameServer(as: address) }) else {
      return .zero
    }
    var server = servers.remove(at: index)
    server.failures &+= 1
    let delay = backoff.delay(failures: server.failures, fraction: fraction)
    server.notBefore = now + TimeAmount(delay)
    servers.append(server)
    return delay
  }

  /// Notes that a connection to `address` stands.
  mutating func connected(_ address: NATSServerAddress) {
    current = address
    guard let index = servers.firstIndex(where: { $0.address.isSameServer(as: address) }) else { return }
    servers[index].failures = 0
    servers[index].notBefore = .uptimeNanoseconds(0)
  }

  /// Notes that the connection is gone: the server goes to the end of the order, so that another one is tried
  /// first where there is one, and at once if it is alone. One that takes every connection and drops it again
  /// is tried at once the first time only.
  ///
  /// - Parameter lived: how long the connection stood.
  mutating func disconnected(after lived: TimeAmount, now: NIODeadline, fraction: Double) {
    defer { current = nil }
    guard let current, let index = servers.firstIndex(where: { $0.address.isSameServer(as: current) })
    else { return }
    var server = servers.remove(at: index)
    if lived < Self.shortLife {
      let delay = backoff.delay(failures: server.shortLives, fraction: fraction)
      server.notBefore = now + TimeAmount(delay)
      server.shortLives &+= 1
    } else {
      server.shortLives = 0
    }
    servers.append(server)
  }

  /// A connection that did not stand longer did its server no good.
  private static let shortLife = TimeAmount.seconds(1)

  /// Takes over what a server says of its cluster.
  ///
  /// - Returns: the addresses that were not known before.
  mutating func gossip(
    from server: NATSServerAddress, info: NATSServerInfo
  ) -> [NATSServerAddress] {
    guard !ignoreDiscovered else { return [] }
    let urls = server.scheme.isWebSocket ? info.webSocketConnectURLs : info.connectURLs
    // Without a word on the cluster, nothing is known to have vanished.
    guard !urls.isEmpty else { return [] }
    // What can't be read is left out: one odd entry must not cost the others.
    let told = urls.prefix(Self.maximumDiscovered).compactMap { url in
      do throws(NATSError) {
        return try server.discovered(url)
      } catch {
        return nil
      }
    }
    servers.removeAll { known in
      known.isDiscovered && !told.contains { $0.isSameServer(as: known.address) }
        && !server.isSameServer(as: known.address)
        && !(current?.isSameServer(as: known.address) ?? false)
    }
    var added: [NATSServerAddress] = []
    for address in told {
      let isKnown = servers.contains { $0.address.isSameServer(as: address) }
      let isItself = address.isSameServer(as: server)
      if !isKnown, !isItself, !added.contains(where: { $0.isSameServer(as: address) }) {
        added.append(address)
      }
    }
    servers.append(contentsOf: order(added).map { Server(address: $0, isDiscovered: true) })
    return added
  }

  /// A cluster is not larger than this; what is told beyond it is ignored.
  private static let maximumDiscovered = 1024
}

extension NATSServerAddress {
  /// Whether both mean the same listener, whatever the scheme's TLS and the credentials.
  func isSameServer(as other: NATSServerAddress) -> Bool {
    port == other.port && host == other.host && scheme.isWebSocket == other.scheme.isWebSocket
  }
}
