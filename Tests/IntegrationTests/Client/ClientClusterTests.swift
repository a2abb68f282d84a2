import NATS
import NATSTesting
import Testing

/// Three clustered servers, of which the client's configuration contains one.
@Suite(.serialized) struct ClientClusterTests {
  @Test func movesWhenTheServerIsKilled() async throws {
    let cluster = try await Cluster.start()
    let client = try makeClient(configuration(cluster.servers[0].url))
    let events = client.events
    try await running(client) {
      try await cluster.waitUntilKnown(to: client)
      let subscription = try client.subscribe(to: "a", queue: "q")
      try await client.flush()
      let later = client.events
      cluster.servers[0].stop()
      let event = try await later.first {
        if case .connected = $0 { true } else { false }
      }
      guard case .connected(2, let address, _) = event else {
        Issue.record("unexpected: \(event)")
        return
      }
      #expect(address.description != cluster.servers[0].url)
      try client.publish([1], to: "a")
      _ = try await subscription.first()
    }
    withExtendedLifetime(events) {}
  }

  @Test func movesBeforeALameDuckServerCloses() async throws {
    let cluster = try await Cluster.start()
    let client = try makeClient(configuration(cluster.servers[0].url))
    try await running(client) {
      try await cluster.waitUntilKnown(to: client)
      let subscription = try client.subscribe(to: "a")
      try await client.flush()
      let events = client.events
      cluster.servers[0].enterLameDuckMode()
      let seen = try await within(testTimeout) {
        var seen: [NATSEvent] = []
        for await event in events {
          seen.append(event)
          if case .connected = event { break }
        }
        return seen
      }
      #expect(seen.contains { if case .lameDuck = $0 { true } else { false } })
      // The new connection was established before the old one was closed.
      #expect(!seen.contains { if case .disconnected = $0 { true } else { false } })
      #expect(client.state.connectionID == 2)
      try client.publish([1], to: "a")
      _ = try await subscription.first()
    }
  }

  @Test func staysOnALameDuckServerWithoutAlternatives() async throws {
    let server = try await NATSServerProcess.start()
    try await withClient(of: server) { client in
      let events = client.events
      server.enterLameDuckMode()
      _ = try await events.first { if case .lameDuck = $0 { true } else { false } }
      try await client.flush()
      #expect(client.state.connectionID == 1)
    }
  }
}

/// Three nats-servers with routes to each other.
private struct Cluster {
  let servers: [NATSServerProcess]

  static func start() async throws -> Cluster {
    let ports = try (0..<3).map { _ in try NATSServerProcess.freePorts() }
    let routes = ports.map { "nats://127.0.0.1:\($0.cluster)" }.joined(separator: ", ")
    var servers: [NATSServerProcess] = []
    for (index, port) in ports.enumerated() {
      servers.append(
        try await NATSServerProcess.start(ports: port) { port in
          """
          server_name: s\(index)
          cluster { name: c, host: 127.0.0.1, port: \(port.cluster), routes: [\(routes)] }
          """
        })
    }
    return Cluster(servers: servers)
  }

  /// Waits until the client has discovered all servers.
  func waitUntilKnown(to client: NATSClient) async throws {
    let deadline = ContinuousClock.now + testTimeout
    while true {
      if case .connected(_, _, let info) = client.state, info.connectURLs.count == servers.count { return }
      guard ContinuousClock.now < deadline else { throw DeadlinePassed(description: "cluster not formed") }
      try await Task.sleep(for: .milliseconds(5))
    }
  }
}
