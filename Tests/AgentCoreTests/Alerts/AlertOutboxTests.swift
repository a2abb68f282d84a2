import AgentProtocol
import JSON
import Logging
import Testing

@testable import AgentCore

@Suite(.timeLimit(.minutes(1))) struct AlertOutboxTests {
  private struct Rig {
    let uplink: FakeUplink
    let losses = LossCounter()
    let outbox: AlertOutbox

    init(connected: Bool = true, queue: AlertQueue = AlertQueue()) throws {
      uplink = FakeUplink(connected: connected)
      outbox = AlertOutbox(
        uplink: uplink, agent: try #require(AgentUUID("a")), losses: losses, queue: queue,
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    func raise(_ code: String) {
      outbox.raise(AlertPayload(.info, code: code, message: code, objectType: .system, objectID: "x"))
    }

    func sent(_ count: Int) async -> [FakeUplink.Sent] {
      await uplink.sent(count) { $0.envelope.type == "alert" }
    }

    func run(_ body: () async throws -> Void) async throws {
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await outbox.run() }
        try await body()
        group.cancelAll()
      }
    }
  }

  private func codes(_ sent: [FakeUplink.Sent]) -> [String] {
    sent.map { $0.payload?["code"]?.stringValue ?? "" }
  }

  @Test func alertsOfAnOutageAreDeliveredInOrderAfterReconnect() async throws {
    let rig = try Rig(connected: false)
    try await rig.run {
      for code in ["A", "B", "C"] { rig.raise(code) }
      #expect(rig.outbox.count == 3)
      rig.uplink.connect()
      let sent = await rig.sent(3)
      #expect(codes(sent) == ["A", "B", "C"])
      #expect(Set(sent.map(\.subject)) == ["agent.vm.a.evt"])
      rig.raise("D")
      #expect(codes(await rig.sent(4)).last == "D")
    }
    #expect(rig.losses.value == 0)
  }

  @Test func unconfirmedAlertIsSentAgainWithTheSameID() async throws {
    let rig = try Rig()
    rig.uplink.loseConfirmations(true)
    try await rig.run {
      rig.raise("A")
      rig.raise("B")
      let first = await rig.sent(1)
      rig.uplink.loseConfirmations(false)
      rig.uplink.connect()
      let all = await rig.sent(3)
      #expect(codes(all) == ["A", "A", "B"])
      #expect(all.map(\.connectionID) == [1, 2, 2])
      #expect(all[1].envelope.id == first.first?.envelope.id)
    }
    #expect(rig.losses.value == 0)
  }

  @Test func congestionIsRetriedAndUnsendableAlertsAreLost() async throws {
    let rig = try Rig()
    rig.uplink.failNext(.congested, .congested, .unsendable("too large"), .notPermitted(subject: "x"))
    try await rig.run {
      for code in ["A", "B", "C"] { rig.raise(code) }
      #expect(codes(await rig.sent(1)) == ["C"])
    }
    #expect(rig.losses.value == 2)
  }

  @Test func oldestAlertsAreDroppedBeyondTheCount() async throws {
    let rig = try Rig(connected: false, queue: AlertQueue(maximumCount: 3))
    for code in ["A", "B", "C", "D", "E"] { rig.raise(code) }
    #expect(rig.losses.value == 2)
    try await rig.run {
      rig.uplink.connect()
      #expect(codes(await rig.sent(3)) == ["C", "D", "E"])
    }
  }

  @Test func oldestAlertsAreDroppedBeyondTheBytes() {
    var queue = AlertQueue(maximumCount: 1_000, maximumBytes: 100)
    var dropped = 0
    for number in 0..<50 { dropped += queue.append([UInt8](repeating: 0, count: 30), code: "\(number)") }
    #expect(queue.count == 3)
    #expect(dropped == 47)
    #expect(queue.first?.code == "47")
    queue.remove(1)
    #expect(queue.count == 3, "it is long gone")
    #expect(queue.append([UInt8](repeating: 0, count: 500), code: "large") == 3)
    #expect(queue.first?.code == "large", "the newest is never dropped")
    queue.remove(51)
    #expect(queue.count == 0)
    #expect(queue.append([UInt8](repeating: 0, count: 99), code: "x") == 0, "its bytes are free again")
  }
}
