import Clocks
import NATS
import NATSTesting
import Testing

@testable import PlatformCore

@Suite("Connections opened before the platform started") struct TakeOverTests {
  private static func uuid(_ number: Int) -> String { "\(10_000_000 + number)-0000-4000-8000-000000000000" }

  @Test func revokedAndExpiredConnectionsAreClosedAtStart() async throws {
    let keys = try CalloutRig.Keys()
    let server = try await NATSServerProcess.start { keys.configuration($0) }
    defer { server.stop() }
    let directory = FakeCredentialDirectory()
    // More than one page of connections.
    let clients = try (0..<10).map { number in
      makeClient(
        try configuration(server.url) { configuration in
          configuration.name = "plusclouds-vm-agent:\(Self.uuid(number))"
          configuration.credentials = { .userPassword(Self.uuid(number), "plsa_\(number)") }
        })
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      defer { for client in clients { client.close() } }
      try await CalloutRig.run(on: server, keys: keys, directory: directory) { _ in
        for (number, client) in clients.enumerated() {
          directory.enroll(Self.uuid(number), token: "plsa_\(number)")
          let events = client.events
          group.addTask { try await client.run() }
          _ = try await events.first { if case .connected = $0 { true } else { false } }
        }
      }
      let connected = clients.map(\.events)
      // No observer is notified of these changes.
      directory.revoke(Self.uuid(3))
      if var record = directory.agent(Self.uuid(9)) {
        record.tokens[0].expiresAt = WallClock.now + 1
        directory.set(record)
      }
      // Memory may lag behind the bucket.
      let rotated = try #require(directory.agent(Self.uuid(5)))
      directory.enroll(Self.uuid(5), token: "plsa_before")
      directory.putIntoBucketOnly(rotated)
      try await CalloutRig.run(on: server, keys: keys, directory: directory) { rig in
        for number in [3, 9] {
          _ = try await connected[number].first { if case .disconnected = $0 { true } else { false } }
        }
        let page = try await rig.control.connections(in: "FLEET", from: 0)
        #expect(page.search.connections.count == 4 && page.next == 3)
        for (number, client) in clients.enumerated() where number != 3 && number != 9 {
          try await client.flush()
          #expect(client.statistics.reconnects == 0)
        }
      }
    }
  }
}
