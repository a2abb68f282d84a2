import Locks
import NATS
import NATSTesting
import NIOCore
import NIOPosix
import Testing

/// Announced or configured servers that do not answer.
@Suite(.serialized) struct ClientUnreachableTests {
  /// Starts listeners that accept connections and send nothing.
  private func silent(_ count: Int) async throws -> [ScriptedServer] {
    var servers: [ScriptedServer] = []
    for _ in 0..<count {
      servers.append(try await ScriptedServer(greeting: { _ in nil }, answer: { _, _ in nil }))
    }
    return servers
  }

  private func address(_ server: ScriptedServer) -> Substring { server.url.dropFirst("nats://".count) }

  @Test(.timeLimit(.minutes(1)), arguments: [3, 10])
  func silentDiscoveredServersDoNotDelayAConfiguredOne(count: Int) async throws {
    let dead = try await silent(count)
    let urls = dead.map { "\"\(address($0))\"" }.joined(separator: ",")
    let info = ScriptedServer.info.replacing("}", with: ",\"connect_urls\":[\(urls)]}")
    let server = try await ScriptedServer(
      greeting: { _ in info },
      answer: { line, connection in connection == 1 && line == "PUB leave 0" ? ScriptedServer.hangUp : nil })
    try await withClient(try configuration(server.url)) { client in
      let events = client.events
      let start = ContinuousClock.now
      try client.publish([], to: "leave")
      _ = try await events.first { if case .connected = $0 { true } else { false } }
      #expect(ContinuousClock.now - start < .seconds(4))
      #expect(client.state.connectionID == 2)
    }
    withExtendedLifetime(dead) {}
  }

  @Test(.timeLimit(.minutes(1))) func silentConfiguredServersDoNotDelayTheNext() async throws {
    let dead = try await silent(3)
    let server = try await NATSServerProcess.start()
    let urls = (dead.map(\.url) + [server.url]).joined(separator: ",")
    let start = ContinuousClock.now
    try await withClient(try configuration(urls) { $0.randomizeServers = false }) { client in
      #expect(ContinuousClock.now - start < .seconds(8))
      #expect(client.state.connectionID == 1)
    }
    withExtendedLifetime(dead) {}
  }

  @Test(.timeLimit(.minutes(1))) func silentServersDoNotDelayLeavingALameDuckServer() async throws {
    let dead = try await silent(3)
    let server = try await NATSServerProcess.start()
    let urls = (dead.map { "\"\(address($0))\"" } + ["\"127.0.0.1:\(server.ports.client)\""]).joined(
      separator: ",")
    let announcing = ScriptedServer.info.replacing("}", with: ",\"connect_urls\":[\(urls)]}")
    let leaving = ScriptedServer.info.replacing("}", with: ",\"ldm\":true}")
    let duck = try await ScriptedServer(
      greeting: { _ in announcing }, answer: { line, _ in line == "PUB leave 0" ? leaving : nil })
    try await withClient(try configuration(duck.url) { $0.randomizeServers = false }) { client in
      let events = client.events
      let start = ContinuousClock.now
      try client.publish([], to: "leave")
      _ = try await events.first { if case .connected = $0 { true } else { false } }
      #expect(ContinuousClock.now - start < .seconds(8))
    }
    withExtendedLifetime(dead) {}
  }

  @Test func credentialsAreSentToOneServerAtATime() async throws {
    let lines = Locked(0)
    let first = try await ScriptedServer(
      greeting: { _ in nil },
      answer: { _, _ in
        lines.withLock { $0 += 1 }
        return nil
      })
    let second = try await ScriptedServer()
    try await withClient(try configuration("\(first.url),\(second.url)") { $0.randomizeServers = false }) {
      client in
      guard case .connected(_, let server, _) = client.state else {
        Issue.record("not connected")
        return
      }
      #expect(server.description == second.url)
    }
    #expect(lines.withLock { $0 } == 0)
  }

  @Test func invalidAnnouncedAddressesAreIgnored() async throws {
    let info = ScriptedServer.info.replacing(
      "}",
      with: ",\"connect_urls\":[\"192.0.2.77:4222\",\"[fe80::1%eth0]:4222\",\"\",\"host:99999\",7,null,{}]}")
    let server = try await ScriptedServer(
      greeting: { _ in info },
      answer: { line, connection in connection < 4 && line == "PUB leave 0" ? ScriptedServer.hangUp : nil })
    try await withClient(try configuration(server.url)) { client in
      for connectionID in 2..<5 {
        let events = client.events
        let start = ContinuousClock.now
        try client.publish([], to: "leave")
        _ = try await events.first { if case .connected = $0 { true } else { false } }
        #expect(client.state.connectionID == UInt64(connectionID))
        #expect(ContinuousClock.now - start < .seconds(6))
      }
    }
  }
}
