import Locks
import NATS
import NATSTesting
import NIOCore
import PlatformAPI
import Testing

@testable import PlatformCore

/// The callout with a real server.
@Suite("Auth callout on a server") struct CalloutServerTests {
  static let uuid = "0b8f4e8e-51c6-4d0b-9d8e-1f2a3b4c5d6e"
  static let token = "plsa_0123456789012345678901234567890123456789"

  @Test(arguments: [false, true]) func knownClientsAreAccepted(encrypted: Bool) async throws {
    try await CalloutRig.run(encrypted: encrypted) { rig in
      rig.directory.enroll(Self.uuid, token: Self.token)
      for role in OperatorRole.allCases { rig.directory.add("o-\(role)", role, token: "plso_\(role)") }
      let answer1 = try await rig.accepts(rig.agent(Self.uuid, token: Self.token))
      #expect(answer1)
      for role in OperatorRole.allCases {
        let answer2 = try await rig.accepts(rig.operator("o-\(role)", token: "plso_\(role)"))
        #expect(answer2)
      }
      let answer3 = try await rig.accepts(rig.agent(Self.uuid, token: Self.token + "x"))
      #expect(!answer3)
      let answer4 = try await rig.accepts(
        rig.agent(Self.uuid, token: Self.token, name: "plusclouds-db-agent:\(Self.uuid)"))
      #expect(!answer4)
      // The request states how long the server waits.
      #expect(rig.callout.serverTimeout.withLock { $0 } == .seconds(7))
      #expect(rig.counters.snapshot.calloutAccepted == 4)
      #expect(rig.counters.snapshot.calloutRefused == [.token: 1, .agentType: 1])
    }
  }

  @Test func revocationClosesTheConnection() async throws {
    try await CalloutRig.run { rig in
      rig.directory.enroll(Self.uuid, token: Self.token)
      try await withClient(rig.agent(Self.uuid, token: Self.token)) { client in
        let events = client.events
        let began = ContinuousClock.now
        rig.directory.revoke(Self.uuid)
        _ = try await events.first { if case .disconnected = $0 { true } else { false } }
        let took = ContinuousClock.now - began
        print("revoked: the live connection ended after \(took)")
        let refused = try await events.first { if case .connectFailed = $0 { true } else { false } }
        guard case .connectFailed(_, let error, _) = refused else { return }
        #expect(error.code == .authorizationViolation)
      }
      let isLetIn = try await rig.accepts(rig.agent(Self.uuid, token: Self.token))
      #expect(!isLetIn)
    }
  }
}
