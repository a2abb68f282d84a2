import NATS
import NATSTesting
import PlatformAPI
import Testing

@testable import PlatformCore

@Suite("Clones at the callout") struct CalloutClonesTests {
  static let uuid = CalloutServerTests.uuid
  static let token = CalloutServerTests.token

  @Test func secondHostIsRefusedWhileTheFirstIsAlive() async throws {
    try await CalloutRig.run({ $0.clones = .refuse }) { rig in
      rig.directory.enroll(Self.uuid, token: Self.token)
      try await withClient(rig.agent(Self.uuid, token: Self.token)) { _ in
        let second = try await rig.accepts(rig.agent(Self.uuid, token: Self.token))
        #expect(!second)
        #expect(rig.counters.snapshot.calloutRefused == [.clone: 1])
        #expect(rig.audit.entries.map(\.action) == ["agent.refused"])
      }
      // The server stops listing the first connection when it has noticed its end.
      try await within(testTimeout, "the end of the first connection") {
        while try await !rig.accepts(rig.agent(Self.uuid, token: Self.token)) {}
      }
    }
  }

  @Test func idleConnectionIsNoClone() async throws {
    try await CalloutRig.run({
      $0.clones = .refuse
      $0.aliveWithin = .seconds(-1)
    }) { rig in
      rig.directory.enroll(Self.uuid, token: Self.token)
      try await withClient(rig.agent(Self.uuid, token: Self.token)) { _ in
        let second = try await rig.accepts(rig.agent(Self.uuid, token: Self.token))
        #expect(second)
      }
    }
  }

  @Test func secondAddressIsReportedAndAccepted() async throws {
    try await CalloutRig.run { rig in
      rig.directory.enroll(Self.uuid, token: Self.token)
      try await withClient(rig.agent(Self.uuid, token: Self.token)) { _ in
        let same = try await rig.accepts(rig.agent(Self.uuid, token: Self.token))
        #expect(same)
        #expect(rig.audit.entries.isEmpty)
        try await withClient(rig.agent(Self.uuid, token: Self.token, fromElsewhere: true)) { _ in
          try await within(testTimeout, "a note") {
            while rig.audit.entries.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
          }
          #expect(rig.audit.entries.map(\.action) == ["agent.clone_suspected"])
        }
      }
    }
  }
}
