import NIOCore
import Testing

@testable import NATS

@Suite struct ServerPoolTests {
  private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

  @Test func aPassHasNoPausesAndTheNextOneHas() throws {
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

  @Test func theServerWhoseTimeComesFirstIsNext() throws {
    var pool = try pool("nats://a,nats://b")
    pool.failed(try address("a"), now: start, fraction: 0.9)
    pool.failed(try address("b"), now: start, fraction: 0.1)
    let attempt = try #require(pool.next(now: start))
    #expect(attempt.address.host == "b")
    #expect(attempt.delay == .milliseconds(10))
  }

  @Test func pausesGrowForEachServerAlone() throws {
    var pool = try pool("nats://a,nats://b")
    #expect(try fail(address("a"), in: &pool) == .milliseconds(100))
    #expect(try fail(address("a"), in: &pool) == .milliseconds(200))
    #expect(try fail(address("b"), in: &pool) == .milliseconds(100))
    pool.connected(try address("a"))
    #expect(try fail(address("a"), in: &pool) == .milliseconds(100))
  }

  @Test func aLostServerIsTriedAtOnceAndLast() throws {
    var pool = try pool("nats://a,nats://b")
    pool.connected(try address("a"))
    pool.disconnected(after: .seconds(60), now: start, fraction: 1)
    #expect(pool.next(now: start)?.address.host == "b")
    pool.failed(try address("b"), now: start, fraction: 1)
    #expect(pool.next(now: start) == ServerPool.Attempt(address: try address("a"), delay: .zero))
  }

  @Test func aServerThatDropsEveryConnectionIsNotHammered() throws {
    var pool = try pool("nats://a")
    var delays: [TimeAmount] = []
    for _ in 0..<4 {
      pool.connected(try address("a"))
      pool.disconnected(after: .milliseconds(3), now: start, fraction: 1)
      delays.append(try #require(pool.next(now: start)).delay)
    }
    #expect(delays == [.zero, .milliseconds(100), .milliseconds(200), .milliseconds(400)])
  }

  @Test func gossipAddsAndDrops() throws {
    var pool = try pool("nats://a:1")
    pool.connected(try address("a:1"))
    let first = pool.gossip(
      from: try address("a:1"), info: try info(["a:1", "b:2", "nats://c:3", "10.0.0.1:4", "[::1]:5"]))
    #expect(Set(first.map(\.hostAndPort)) == ["b:2", "c:3", "10.0.0.1:4", "[::1]:5"])
    let second = pool.gossip(from: try address("a:1"), info: try info(["a:1", "c:3", "d:6"]))
    #expect(second.map(\.hostAndPort) == ["d:6"])
    #expect(Set(pool.servers.map(\.address.hostAndPort)) == ["a:1", "c:3", "d:6"])
  }

  @Test func currentAndConfiguredServersStay() throws {
    var pool = try pool("nats://a:1,nats://b:2")
    pool.connected(try address("a:1"))
    _ = pool.gossip(from: try address("a:1"), info: try info(["c:3"]))
    pool.connected(try address("c:3"))
    _ = pool.gossip(from: try address("c:3"), info: try info(["d:4"]))
    #expect(Set(pool.servers.map(\.address.hostAndPort)) == ["a:1", "b:2", "c:3", "d:4"])
  }

  @Test func noWordOnTheClusterChangesNothing() throws {
    var pool = try pool("nats://a:1")
    _ = pool.gossip(from: try address("a:1"), info: try info(["b:2"]))
    _ = pool.gossip(from: try address("a:1"), info: try info([]))
    #expect(pool.servers.count == 2)
  }

  @Test func discoveredAddressKeepsNameAndCredentials() throws {
    var pool = try pool("tls://u:p@server.example:4222")
    let origin = try NATSServerAddress("tls://u:p@server.example:4222")
    let added = pool.gossip(from: origin, info: try info(["10.0.0.1:4222", "not a server"]))
    let found = try #require(added.first)
    #expect(added.count == 1)
    #expect(found.certificateName == "server.example")
    #expect(found.user == "u")
    #expect(found.password == "p")
    #expect(found.scheme == .tls)
  }

  @Test func gossipCanBeIgnored() throws {
    var pool = ServerPool(
      [try address("a:1")], backoff: ReconnectBackoff(NATSReconnectPolicy()), ignoreDiscovered: true,
      order: { $0 })
    let added = pool.gossip(from: try address("a:1"), info: try info(["b:2"]))
    #expect(added.isEmpty)
    #expect(pool.servers.count == 1)
  }

  @Test func theSameServerTwiceCountsOnce() throws {
    let pool = try pool("nats://a,nats://a:4222,tls://a")
    #expect(pool.servers.count == 1)
    #expect(pool.others(than: try address("a")).isEmpty)
  }

  @Test func webSocketsHearOfWebSockets() throws {
    var pool = try pool("ws://a:80/path")
    var info = try info(["b:1"])
    info.webSocketConnectURLs = ["b:2"]
    let added = pool.gossip(from: try NATSServerAddress("ws://a:80/path"), info: info)
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
