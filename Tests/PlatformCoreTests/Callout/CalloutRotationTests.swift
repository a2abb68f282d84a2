import Clocks
import Locks
import NATS
import NATSTesting
import NIOCore
import PlatformAPI
import Testing

@testable import PlatformCore

@Suite("Expired and revoked tokens") struct CalloutRotationTests {
  static let uuid = CalloutServerTests.uuid

  @Test func expiringJWTIsRenewedByReconnecting() async throws {
    try await CalloutRig.run({ $0.tokenLifetime = .seconds(5) }) { rig in
      rig.directory.enroll(Self.uuid, token: "plsa_mine")
      let received = try rig.platform.subscribe(to: "vm.\(Self.uuid).telemetry")
      try await withClient(rig.agent(Self.uuid, token: "plsa_mine")) { agent in
        let events = agent.events
        let began = ContinuousClock.now
        let publisher = Task {
          // Telemetry ten times a second, also while reconnecting.
          var count: UInt8 = 0
          while !Task.isCancelled, count < 255 {
            count += 1
            try agent.publish([count], to: "vm.\(Self.uuid).telemetry")
            try await Task.sleep(for: .milliseconds(100))
          }
        }
        defer { publisher.cancel() }
        let lost = try await events.first { if case .disconnected = $0 { true } else { false } }
        guard case .disconnected(let error) = lost else { return }
        let ended = ContinuousClock.now - began
        _ = try await events.first { if case .connected = $0 { true } else { false } }
        print(
          "JWT of 5 s: ended after \(ended) (\(error?.code.description ?? "")), back after \(ContinuousClock.now - began - ended)"
        )
        #expect(error?.code == .authenticationExpired)
        #expect(ended > .seconds(3))
        let numbers = try await received.collect(80).map { Array($0.payload.readableBytesView)[0] }
        #expect(numbers == Array(1...80))
      }
    }
  }

  @Test func rotationClosesOnlyConnectionsOfTheOldToken() async throws {
    try await CalloutRig.run { rig in
      let old = rig.directory.enroll(Self.uuid, token: "plsa_old")
      try await withClient(rig.agent(Self.uuid, token: "plsa_old")) { first in
        var both = old
        both.tokens.append(.init(hash: TokenHash(of: "plsa_new"), createdAt: 2))
        both.tokens[0].expiresAt = WallClock.now + 3600
        rig.directory.set(both)
        try await withClient(rig.agent(Self.uuid, token: "plsa_new")) { second in
          // During the grace period both are valid.
          let events = first.events
          var new = both
          new.tokens.removeFirst()
          rig.directory.set(new)
          _ = try await events.first { if case .disconnected = $0 { true } else { false } }
          try await second.flush()
          #expect(second.statistics.reconnects == 0)
        }
      }
      let isLetIn = try await rig.accepts(rig.agent(Self.uuid, token: "plsa_old"))
      #expect(!isLetIn)
    }
  }

  @Test func expiredTokenClosesItsConnection() async throws {
    try await CalloutRig.run { rig in
      var record = rig.directory.enroll(Self.uuid, token: "plsa_old")
      try await withClient(rig.agent(Self.uuid, token: "plsa_old")) { client in
        let events = client.events
        record.tokens[0].expiresAt = WallClock.now + 0.5
        rig.directory.set(record)
        _ = try await events.first { if case .disconnected = $0 { true } else { false } }
      }
    }
  }

  @Test func changedOperatorsAreDisconnected() async throws {
    try await CalloutRig.run { rig in
      rig.directory.add("ops", .operator, token: "plso_1")
      let changes: [@Sendable () -> Void] = [
        { rig.directory.add("ops", .operator, token: "plso_2") },
        { rig.directory.add("ops", .viewer, token: "plso_2") },
        { rig.directory.removeOperator("ops") },
      ]
      for (index, change) in changes.enumerated() {
        try await withClient(rig.operator("ops", token: index == 0 ? "plso_1" : "plso_2")) { client in
          let events = client.events
          change()
          _ = try await events.first { if case .disconnected = $0 { true } else { false } }
        }
      }
    }
  }

  @Test func enrollmentTokenIsClaimedOnce() async throws {
    try await CalloutRig.run { rig in
      rig.directory.addEnrollment("plse_once")
      let stranger = try await rig.accepts(rig.agent(Self.uuid, token: "plse_once", name: "nats-cli"))
      let first = try await rig.accepts(rig.agent(Self.uuid, token: "plse_once"))
      let other = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
      let second = try await rig.accepts(rig.agent(other, token: "plse_once"))
      let again = try await rig.accepts(rig.agent(Self.uuid, token: "plse_once"))
      #expect(!stranger && first && !second && again)
    }
  }

  @Test func agentOnlyInTheBucketIsAccepted() async throws {
    try await CalloutRig.run { rig in
      let record = AgentRecord(
        uuid: Self.uuid, labels: [:], tokens: [.init(hash: TokenHash(of: "plsa_x"), createdAt: 1)],
        enrolledAt: 1, enrolledBy: "test")
      rig.directory.putIntoBucketOnly(record)
      let isLetIn = try await rig.accepts(rig.agent(Self.uuid, token: "plsa_x"))
      #expect(isLetIn)
    }
  }

  @Test func wrongTokensDoNotLockOutAnAgent() async throws {
    try await CalloutRig.run({ $0.guessesPerMinute = 3 }) { rig in
      rig.directory.enroll(Self.uuid, token: "plsa_right")
      for _ in 0..<10 { _ = try await rig.accepts(rig.agent(Self.uuid, token: "plsa_wrong")) }
      let refused = rig.counters.snapshot.calloutRefused
      #expect(Set(refused.keys) == [.token, .guesses] && refused.values.reduce(0, +) == 10)
      #expect(rig.counters.snapshot.throttled == [.agent: 1])
      let lookups = rig.directory.lookups
      for isElsewhere in [false, true] {
        let isLetIn = try await rig.accepts(
          rig.agent(Self.uuid, token: "plsa_right", fromElsewhere: isElsewhere))
        #expect(isLetIn)
      }
      // A valid token is accepted from memory.
      #expect(rig.directory.lookups == lookups)
      // At most once a minute; throttled ones never.
      #expect((1...2).contains(rig.audit.entries.count))
    }
  }

  @Test func wrongTokensDoNotLockOutAnOperator() async throws {
    try await CalloutRig.run({ $0.guessesPerMinute = 2 }) { rig in
      rig.directory.add("ops", .operator, token: "plso_right")
      for _ in 0..<5 { _ = try await rig.accepts(rig.operator("ops", token: "plso_wrong")) }
      let isLetIn = try await rig.accepts(rig.operator("ops", token: "plso_right"))
      #expect(isLetIn && rig.counters.snapshot.throttled == [.operator: 1])
    }
  }

  @Test func unknownNamesDoNotStopEnrollment() async throws {
    try await CalloutRig.run({ $0.guessesPerMinute = 1 }) { rig in
      for index in 100..<130 {
        let name = "00000000-0000-4000-8000-000000000\(index)"
        _ = try await rig.accepts(rig.agent(name, token: "plse_wrong"))
      }
      let refused = rig.counters.snapshot.calloutRefused
      #expect(Set(refused.keys) == [.unknown, .guesses] && refused.values.reduce(0, +) == 30)
      rig.directory.addEnrollment("plse_once")
      let isLetIn = try await rig.accepts(rig.agent(Self.uuid, token: "plse_once"))
      #expect(isLetIn && rig.counters.snapshot.throttled == [.unknown: 1])
    }
  }

  @Test func uncachedTokenIsAcceptedWhileItsNameIsThrottled() async throws {
    try await CalloutRig.run({ $0.guessesPerMinute = 2 }) { rig in
      var record = rig.directory.enroll(Self.uuid, token: "plsa_old")
      for _ in 0..<5 { _ = try await rig.accepts(rig.agent(Self.uuid, token: "plsa_wrong")) }
      record.tokens.append(.init(hash: TokenHash(of: "plsa_new"), createdAt: 2))
      rig.directory.putIntoBucketOnly(record)
      let isLetIn = try await rig.accepts(rig.agent(Self.uuid, token: "plsa_new"))
      #expect(isLetIn)
    }
  }
}
