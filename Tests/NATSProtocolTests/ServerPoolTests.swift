import NATSProtocol
import Testing

@Suite struct ServerPoolTests {
  private let start = Duration.seconds(1)

  @Test func secondPassIsDelayed() throws {
    var pool = try pool("nats://a,nats://b,nats://c")
    for host in ["a", "b", "c"] {
      let attempt = try #require(pool.next(now: start))
      #expect(attempt.address.host == host)
      #expect(attempt.delay == .zero)
      pool.failed(attempt.address, now: start, fraction: 0.5)
    }
    let attempt = try #require(pool.next(now: start))
    #expect(attempt.address.host == "a")
    #expect(attempt.delay == .milliseconds(50))
  }

  @Test func earliestServerIsNext() throws {
    var pool = try pool("nats://a,nats://b")
    pool.failed(try address("a"), now: start, fraction: 0.9)
    pool.failed(try address("b"), now: start, fraction: 0.1)
    let attempt = try #require(pool.next(now: start))
    #expect(attempt.address.host == "b")
    #expect(attempt.delay == .milliseconds(10))
  }

  @Test func delaysGrowPerServer() throws {
    var pool = try pool("nats://a,nats://b")
    #expect(try fail(address("a"), in: &pool) == .milliseconds(100))
    #expect(try fail(address("a"), in: &pool) == .milliseconds(200))
    #expect(try fail(address("b"), in: &pool) == .milliseconds(100))
    pool.connected(try address("a"))
    #expect(try fail(address("a"), in: &pool) == .milliseconds(100))
  }

  @Test func lostServerIsLastAndHasNoDelay() throws {
    var pool = try pool("nats://a,nats://b")
    pool.connected(try address("a"))
    pool.disconnected(after: .seconds(60), now: start, fraction: 1)
    #expect(pool.next(now: start)?.address.host == "b")
    pool.failed(try address("b"), now: start, fraction: 1)
    #expect(pool.next(now: start) == ServerPool.Attempt(address: try address("a"), delay: .zero))
  }

  @Test func serverThatDropsConnectionsIsDelayed() throws {
    var pool = try pool("nats://a")
    var delays: [Duration] = []
    for _ in 0..<4 {
      pool.connected(try address("a"))
      pool.disconnected(after: .milliseconds(3), now: start, fraction: 1)
      delays.append(try #require(pool.next(now: start)).delay)
    }
    #expect(delays == [.zero, .milliseconds(100), .milliseconds(200), .milliseconds(400)])
  }

  @Test func configuredServersPrecedeDiscoveredOnesDuringAnAttempt() throws {
    var pool = try pool("nats://a:1")
    pool.connected(try address("a:1"))
    _ = pool.gossip(
      from: try address("a:1"), info: try info(["b:2", "c:3", "d:4", "e:5"]), isEncrypted: false)
    pool.disconnected(after: .seconds(60), now: start, fraction: 1)
    var order: [String] = []
    while let attempt = pool.next(now: start) {
      order.append(attempt.address.host)
      pool.began(attempt.address)
    }
    // The lost server is last in order, but precedes discovered servers while an attempt is in progress. One attempt is reserved
    // for a configured server.
    #expect(order == ["b", "a", "c", "d"])
    pool.failed(try address("a:1"), now: start, fraction: 1)
    #expect(
      pool.next(now: start) == ServerPool.Attempt(address: try address("a:1"), delay: .milliseconds(100)))
    pool.failed(try address("b:2"), now: start, fraction: 1)
    #expect(pool.next(now: start)?.address.host == "e")
  }

  @Test func abandonedAttemptKeepsItsPosition() throws {
    var pool = try pool("nats://a,nats://b")
    pool.began(try address("a"))
    #expect(pool.next(now: start)?.address.host == "b")
    pool.abandoned(try address("a"))
    #expect(pool.next(now: start)?.address.host == "a")
  }

  @Test func invalidAnnouncedAddressesAreSkipped() throws {
    var pool = try pool("nats://a:1")
    let added = pool.gossip(
      from: try address("a:1"),
      info: try info([
        "172.20.0.2:4222", "[fe80::1%eth0]:4222", "[fe80::1%25eth0]:4222", "", "host:99999", ":", "[]:1",
      ]),
      isEncrypted: false)
    #expect(added.map(\.hostAndPort) == ["172.20.0.2:4222"])
  }

  @Test func infoAddsAndRemovesServers() throws {
    var pool = try pool("nats://a:1")
    pool.connected(try address("a:1"))
    let first = pool.gossip(
      from: try address("a:1"), info: try info(["a:1", "b:2", "nats://c:3", "10.0.0.1:4", "[::1]:5"]),
      isEncrypted: false)
    #expect(Set(first.map(\.hostAndPort)) == ["b:2", "c:3", "10.0.0.1:4", "[::1]:5"])
    let second = pool.gossip(
      from: try address("a:1"), info: try info(["a:1", "c:3", "d:6"]), isEncrypted: false)
    #expect(second.map(\.hostAndPort) == ["d:6"])
    #expect(Set(pool.servers.map(\.address.hostAndPort)) == ["a:1", "c:3", "d:6"])
  }

  @Test func currentAndConfiguredServersAreKept() throws {
    var pool = try pool("nats://a:1,nats://b:2")
    pool.connected(try address("a:1"))
    _ = pool.gossip(from: try address("a:1"), info: try info(["c:3"]), isEncrypted: false)
    pool.connected(try address("c:3"))
    _ = pool.gossip(from: try address("c:3"), info: try info(["d:4"]), isEncrypted: false)
    #expect(Set(pool.servers.map(\.address.hostAndPort)) == ["a:1", "b:2", "c:3", "d:4"])
  }

  @Test func infoWithoutAddressesChangesNothing() throws {
    var pool = try pool("nats://a:1")
    _ = pool.gossip(from: try address("a:1"), info: try info(["b:2"]), isEncrypted: false)
    _ = pool.gossip(from: try address("a:1"), info: try info([]), isEncrypted: false)
    #expect(pool.servers.count == 2)
  }

  @Test func discoveredServerInheritsNameAndCredentials() throws {
    var pool = try pool("tls://u:p@server.example:4222")
    let origin = try NATSServerAddress("tls://u:p@server.example:4222")
    let added = pool.gossip(
      from: origin, info: try info(["10.0.0.1:4222", "not a server"]), isEncrypted: true)
    let found = try #require(added.first)
    #expect(added.count == 1)
    #expect(found.certificateNames == ["server.example"])
    #expect(found.user == "u")
    #expect(found.password == "p")
    #expect(found.scheme == .tls)
  }

  @Test func discoveredServersCanBeIgnored() throws {
    var pool = ServerPool(
      [try address("a:1")], backoff: ReconnectBackoff(NATSReconnectPolicy()), ignoreDiscovered: true,
      order: { $0 })
    let added = pool.gossip(from: try address("a:1"), info: try info(["b:2"]), isEncrypted: false)
    #expect(added.isEmpty)
    #expect(pool.servers.count == 1)
  }

  @Test func duplicateServersCountOnce() throws {
    let pool = try pool("nats://a,nats://a:4222,tls://a")
    #expect(pool.servers.count == 1)
    #expect(pool.others(than: try address("a")).isEmpty)
  }

  @Test func urlWithTLSTakesPrecedence() throws {
    let pool = try pool("nats://a,tls://a,nats://a:4222")
    #expect(pool.servers.map(\.address.description) == ["tls://a:4222"])
  }

  @Test func discoveredServersRequireAConfiguredName() throws {
    var pool = try pool("tls://a:1,tls://b.example:2,tls://10.0.0.1:3")
    let added = pool.gossip(
      from: try NATSServerAddress("tls://b.example:2"), info: try info(["evil.example:4", "10.6.6.6:5"]),
      isEncrypted: true)
    #expect(added.count == 2)
    for address in added { #expect(address.certificateNames == ["b.example", "a", "10.0.0.1"]) }
    // A server announced by a discovered server has the same names.
    let next = pool.gossip(
      from: try #require(added.first { $0.port == 4 }), info: try info(["worse.example:6"]), isEncrypted: true
    )
    #expect(next.first?.certificateNames == ["b.example", "a", "10.0.0.1"])
  }

  @Test func tlsIsRememberedPerServer() throws {
    var pool = try pool("nats://a:1,nats://b:2")
    #expect(try !pool.hasUsedTLS(address("a:1")))
    pool.recordTLS(of: try address("a:1"))
    #expect(try pool.hasUsedTLS(address("a:1")))
    #expect(try !pool.hasUsedTLS(address("b:2")))
    pool.connected(try address("a:1"))
    pool.disconnected(after: .seconds(9), now: start, fraction: 0)
    pool.failed(try address("a:1"), now: start, fraction: 0)
    #expect(try pool.hasUsedTLS(address("a:1")))
    let added = pool.gossip(from: try address("a:1"), info: try info(["c:3"]), isEncrypted: true)
    #expect(added.count == 1)
    #expect(try pool.hasUsedTLS(address("c:3")))
  }

  @Test(arguments: ["nats://a:1,tls://b:2", "nats://a:1,nats://b:2"])
  func plainTextInfoIsIgnoredOnceAServerUsesTLS(list: String) throws {
    var pool = try pool(list)
    if list.contains("nats://b") { pool.recordTLS(of: try address("b:2")) }
    let added = pool.gossip(from: try address("a:1"), info: try info(["c:3", "b:2"]), isEncrypted: false)
    #expect(added.isEmpty)
    #expect(pool.servers.count == 2)
  }

  @Test func webSocketServersDiscoverWebSocketServers() throws {
    var pool = try pool("ws://a:80/path")
    var info = try info(["b:1"])
    info.webSocketConnectURLs = ["b:2"]
    let added = pool.gossip(from: try NATSServerAddress("ws://a:80/path"), info: info, isEncrypted: false)
    #expect(added.map(\.description) == ["ws://b:2/path"])
  }

  private func pool(_ list: String) throws -> ServerPool {
    ServerPool(
      try NATSServerAddress.list(list), backoff: ReconnectBackoff(NATSReconnectPolicy()),
      ignoreDiscovered: false,
      order: { $0 })
  }

  private func fail(_ address: NATSServerAddress, in pool: inout ServerPool) -> Duration {
    pool.failed(address, now: start, fraction: 1)
  }

  private func address(_ text: String) throws -> NATSServerAddress { try NATSServerAddress(text) }

  private func info(_ urls: [String]) throws -> NATSServerInfo {
    var info = try NATSServerInfo(json: Array("{}".utf8))
    info.connectURLs = urls
    return info
  }
}
