import NATS
import NATSTesting
import Testing

@testable import PlatformCore

@Suite("Control over servers") struct ServerControlTests {
  static let uuid = CalloutServerTests.uuid

  @Test func idleDurationsAreBounded() {
    #expect(
      ServerConnection.duration("1y2d3h4m5s") == .seconds(31_536_000 + 2 * 86_400 + 3 * 3600 + 4 * 60 + 5))
    #expect(ServerConnection.duration(String(repeating: "9999999999y", count: 40)) == nil)
    #expect(ServerConnection.duration("9999999999y9999999999y") != nil)
  }

  @Test func connectionsOnAllServersAreFoundAndClosed() async throws {
    let keys = try CalloutRig.Keys()
    let ports = try (0..<3).map { _ in try NATSServerProcess.freePorts() }
    let routes = ports.map(\.cluster)
    var servers: [NATSServerProcess] = []
    for index in 0..<3 {
      servers.append(
        try await NATSServerProcess.start(ports: ports[index]) { keys.configuration($0, routes: routes) })
    }
    defer { for server in servers { server.stop() } }
    let others = Array(servers.dropFirst())
    try await CalloutRig.run(on: servers[0], keys: keys) { rig in
      rig.directory.enroll(Self.uuid, token: "plsa_mine")
      try await within(testTimeout, "the cluster") {
        while rig.control.servers.count < 3 { try await Task.sleep(for: .milliseconds(20)) }
      }
      for server in others {
        var configuration = try rig.agent(Self.uuid, token: "plsa_mine")
        configuration.servers = try NATSServerAddress.list(server.url)
        configuration.ignoreDiscoveredServers = true
        try await withClient(configuration) { client in
          let grant = CalloutGrant.valid(for: rig.directory.agent(Self.uuid), at: 0).first ?? ""
          let found = try await rig.control.connections(of: grant)
          #expect(found.isComplete)
          #expect(found.connections.map(\.name) == ["plusclouds-vm-agent:\(Self.uuid)"])
          let events = client.events
          let began = ContinuousClock.now
          rig.directory.revoke(Self.uuid)
          _ = try await events.first { if case .disconnected = $0 { true } else { false } }
          print("revoked: the connection to another server ended after \(ContinuousClock.now - began)")
        }
        rig.directory.enroll(Self.uuid, token: "plsa_mine")
      }
      // A server that has announced its shutdown is not waited for.
      others[0].stop()
      let found = try await rig.control.connections(of: "nobody")
      #expect(found.connections.isEmpty)
    }
  }

  @Test(arguments: ["", "K\u{301}", "\u{212A}", "N.x", "N>", "*", String(repeating: "N", count: 129)])
  func otherTextIsNoServerID(text: String) {
    #expect(ServerControl.serverID(text) == nil)
  }

  @Test func nkeyIsAServerID() {
    let id = "NDQ4OTZK7YPZ3CVLGVRKWTYUAKZ6BTQ3VZ2J2JOQJJ3T2YJ7Q4CXR7WT"
    #expect(ServerControl.serverID(id) == id)
  }
}
