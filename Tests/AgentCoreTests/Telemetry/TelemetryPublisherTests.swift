import AgentProtocol
import HostMetrics
import JSON
import LinuxMetrics
import Logging
import Testing

@testable import AgentCore

@Suite(.timeLimit(.minutes(1))) struct TelemetryPublisherTests {
  private static let subjects = ["agent.vm.a.evt", "vm.a.telemetry"]

  private struct Rig {
    let uplink: FakeUplink
    let losses = LossCounter()
    let publisher: TelemetryPublisher

    init(connected: Bool = true, interval: Duration = .seconds(60)) throws {
      uplink = FakeUplink(connected: connected)
      publisher = TelemetryPublisher(
        sampler: TelemetrySampler(prober: MountProber()), uplink: uplink, agent: try #require(AgentUUID("a")),
        interval: interval, losses: losses, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    func run(_ body: () async throws -> Void) async throws {
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await publisher.run() }
        try await body()
        group.cancelAll()
      }
    }

    func telemetry(_ count: Int) async -> [FakeUplink.Sent] {
      await uplink.sent(count) { $0.envelope.type == "telemetry" }
    }
  }

  @Test func snapshotIsPublishedToBothSubjectsInOneEnvelope() async throws {
    let rig = try Rig()
    try await rig.run {
      rig.publisher.connected()
      let sent = await rig.telemetry(2)
      #expect(sent.map(\.subject) == Self.subjects)
      #expect(Set(sent.map(\.envelope.id)).count == 1)
      #expect(sent.first?.payload?["cpu"] != nil)
    }
  }

  @Test func newIntervalTakesEffectImmediately() async throws {
    let rig = try Rig(interval: .seconds(3_600))
    try await rig.run {
      rig.publisher.connected()
      _ = await rig.telemetry(2)
      rig.publisher.interval = .seconds(7)
      _ = await rig.telemetry(4)
      #expect(rig.publisher.interval == .seconds(7))
    }
  }

  @Test func snapshotsOfAnOutageArePublishedInOrder() async throws {
    let rig = try Rig(connected: false, interval: .milliseconds(10))
    try await rig.run {
      // The first snapshot waits a second for a connection; the others follow every 10 ms.
      try await Task.sleep(for: .milliseconds(1_200))
      rig.uplink.connect()
      rig.publisher.connected()
      let sent = await rig.telemetry(10)
      #expect(Array(sent.map(\.subject).prefix(10)) == (0..<5).flatMap { _ in Self.subjects })
      let times = sent.compactMap(\.envelope.timestamp)
      #expect(times == times.sorted())
    }
    #expect(rig.losses.value == 0)
  }

  @Test func unconfirmedSnapshotsAreSentAgainOnTheNextConnection() async throws {
    let rig = try Rig()
    rig.uplink.loseConfirmations(true)
    try await rig.run {
      rig.publisher.connected()
      let first = await rig.telemetry(2)
      rig.uplink.cut()
      rig.uplink.loseConfirmations(false)
      rig.uplink.connect()
      rig.publisher.connected()
      let all = await rig.telemetry(6)
      #expect(all.dropFirst(2).first?.envelope.id == first.first?.envelope.id)
      #expect(all.dropFirst(2).allSatisfy { $0.connectionID == 2 })
    }
  }

  @Test func partiallySentSnapshotIsSentAgainToBothSubjects() async throws {
    let rig = try Rig()
    try await rig.run {
      rig.uplink.failNext(.congested)
      rig.publisher.connected()
      await rig.uplink.waitUntilFailed()
      rig.publisher.connected()
      let sent = await rig.telemetry(4)
      #expect(sent.map(\.subject) == Self.subjects + Self.subjects)
      #expect(Set(sent.map(\.envelope.id)).count == 2)
    }
    #expect(rig.losses.value == 0)
  }

  @Test func unsendableSnapshotCountsAsLost() async throws {
    let rig = try Rig()
    try await rig.run {
      rig.uplink.failNext(.unsendable("too large"))
      rig.publisher.connected()
      await rig.uplink.waitUntilFailed()
      rig.publisher.connected()
      _ = await rig.telemetry(2)
    }
    #expect(rig.losses.value == 1)
  }
}
