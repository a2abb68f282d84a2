import NIOCore

/// The servers that are known, and which is to be tried next.
///
/// A pass goes through all of them without a pause; a server that failed comes back in the next pass only
/// after a pause of its own. Attempts may overlap. A value without clock and without randomness of its own.
struct ServerPool: Sendable {
  struct Server: Sendable, Equatable {
    var address: NATSServerAddress
    var isDiscovered: Bool
    /// Whether TLS was seen from this server, or from the one that announced it. Never reset.
    var hasUsedTLS = false
    /// Failures since this server last worked.
    var failures = 0
    /// Connections in a row that stood and were lost again at once.
    var shortLives = 0
    /// Before then it is not tried.
    var notBefore: NIODeadline = .uptimeNanoseconds(0)
    /// Whether an attempt is under way.
    var isBeingTried = false
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
  /// The hosts that were configured: a discovered server's certificate has to carry one of them.
  private let configuredNames: [String]

  init(
    _ addresses: [NATSServerAddress], backoff: ReconnectBackoff, ignoreDiscovered: Bool,
    order: @escaping Order
  ) {
    var unique: [NATSServerAddress] = []
    for address in addresses {
      if let index = unique.firstIndex(where: { $0.isSameServer(as: address) }) {
        // Named twice, once with TLS: the stricter one counts.
        if address.demandsTLS, !unique[index].demandsTLS { unique[index] = address }
      } else {
        unique.append(address)
      }
    }
    var names: [String] = []
    for name in unique.map(\.host) where !names.contains(name) { names.append(name) }
    configuredNames = names
    servers = order(unique).map { Server(address: $0, isDiscovered: false) }
    self.backoff = backoff
    self.ignoreDiscovered = ignoreDiscovered
    self.order = order
  }

  /// The next attempt: the first server in order that may be tried now, else the one whose time comes first. Servers that
  /// are being tried are left out.
  ///
  /// Beside an attempt that is not answered yet, configured servers come before discovered ones: a server is often announced
  /// under an address that cannot be reached from here.
  func next(now: NIODeadline) -> Attempt? {
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

  /// Whether another server of this kind may be tried: discovered ones leave room for one that was configured.
  private func mayBeTried(_ server: Server) -> Bool {
    guard server.isDiscovered else { return true }
    return servers.filter { $0.isBeingTried && $0.isDiscovered }.count < Self.maximumDiscoveredAttempts
  }

  /// Attempts under way at once to servers that were discovered.
  static let maximumDiscoveredAttempts = 3

  /// Records that an attempt begins.
  mutating func began(_ address: NATSServerAddress) {
    guard let index = servers.firstIndex(where: { $0.address.isSameServer(as: address) }) else { return }
    servers[index].isBeingTried = true
  }

  /// Records that an attempt was given up, because another server answered first. Its place stays.
  mutating func abandoned(_ address: NATSServerAddress) {
    guard let index = servers.firstIndex(where: { $0.address.isSameServer(as: address) }) else { return }
    servers[index].isBeingTried = false
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
    server.isBeingTried = false
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
    servers[index].isBeingTried = false
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

  /// Records that a TLS handshake with `address` succeeded.
  mutating func sawTLS(of address: NATSServerAddress) {
    guard let index = servers.firstIndex(where: { $0.address.isSameServer(as: address) }) else { return }
    servers[index].hasUsedTLS = true
  }

  /// Whether less than TLS must not be accepted from `address` any more: TLS was seen from it, or it is a discovered
  /// server while one that was configured uses TLS.
  func hasUsedTLS(_ address: NATSServerAddress) -> Bool {
    let known = servers.first { $0.address.isSameServer(as: address) }
    if let known, known.hasUsedTLS || !known.isDiscovered { return known.hasUsedTLS }
    return usesTLS
  }

  /// Whether a configured server demands TLS or was seen to use it.
  private var usesTLS: Bool {
    servers.contains { !$0.isDiscovered && ($0.hasUsedTLS || $0.address.demandsTLS) }
  }

  /// Takes over what a server says of its cluster.
  ///
  /// Gossip over a connection in clear text counts only while no configured server uses TLS. The certificates of the
  /// servers added have to carry the name of a configured server.
  ///
  /// - Returns: the addresses that were not known before.
  mutating func gossip(
    from server: NATSServerAddress, info: NATSServerInfo, isEncrypted: Bool
  ) -> [NATSServerAddress] {
    guard !ignoreDiscovered, isEncrypted || !usesTLS else { return [] }
    let urls = server.scheme.isWebSocket ? info.webSocketConnectURLs : info.connectURLs
    // Without a word on the cluster, nothing is known to have vanished.
    guard !urls.isEmpty else { return [] }
    // What can't be read is left out: one odd entry must not cost the others.
    let own = server.certificateNames.first ?? server.host
    let names = [own] + configuredNames.filter { $0 != own }
    let told = urls.prefix(Self.maximumDiscovered).compactMap { url in
      do throws(NATSError) {
        return try server.discovered(url, certificateNames: names)
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
    servers.append(
      contentsOf: order(added).map { Server(address: $0, isDiscovered: true, hasUsedTLS: isEncrypted) })
    return added
  }

  /// A cluster is not larger than this; what is told beyond it is ignored.
  private static let maximumDiscovered = 1024
}

extension NATSServerAddress {
  /// Whether the scheme itself demands TLS.
  var demandsTLS: Bool { scheme == .tls || scheme == .wss }

  /// Whether both mean the same listener, whatever the scheme's TLS and the credentials.
  func isSameServer(as other: NATSServerAddress) -> Bool {
    port == other.port && host == other.host && scheme.isWebSocket == other.scheme.isWebSocket
  }
}
