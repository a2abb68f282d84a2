import AgentProtocol
import HostControl
import JSON
import Logging
import Testing

@testable import AgentCore

@Suite(.timeLimit(.minutes(1))) struct AutohealTests {
  private struct Rig {
    let uplink = FakeUplink()
    let outbox: AlertOutbox
    let supervisor: ScriptedSupervisor
    let autoheal: Autoheal

    init(failed: [String] = [], raisesAlerts: Bool = true, startLimit: Duration = .seconds(300)) throws {
      let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
      outbox = AlertOutbox(
        uplink: uplink, agent: try #require(AgentUUID("a")), losses: LossCounter(), logger: logger)
      supervisor = ScriptedSupervisor(failed: failed)
      autoheal = Autoheal(
        AutohealSettings(restartDelay: .zero), raisesAlerts: raisesAlerts, supervisor: supervisor,
        outbox: outbox,
        logger: logger, startLimit: startLimit)
    }

    func run(_ body: () async throws -> Void) async throws {
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await outbox.run() }
        group.addTask { await autoheal.run() }
        try await body()
        group.cancelAll()
      }
    }

    func requests(_ count: Int) async -> [String] {
      await supervisor.requests.changed.wait { supervisor.requests.entries.count >= count }
      return supervisor.requests.entries
    }

    func alerts(_ count: Int) async -> [String] {
      await uplink.sent(count) { $0.envelope.type == "alert" }.map { sent in
        "\(sent.payload?["code"]?.stringValue ?? "") \(sent.payload?["object_id"]?.stringValue ?? "")"
      }
    }
  }

  private static func changed(_ unit: String, _ state: String) -> UnitEvent {
    .changed(unit: unit, activeState: state, subState: state)
  }

  @Test func failedUnitIsReportedAndRestarted() async throws {
    let rig = try Rig(failed: ["old.service"])
    try await rig.run {
      rig.supervisor.send(.connected)
      #expect(await rig.alerts(1) == ["SERVICE_FAILED old.service"])
      rig.supervisor.send(Self.changed("x.service", "failed"))
      #expect(
        await rig.requests(5) == [
          "list", "traits x.service", "traits x.service", "reset x.service", "start x.service",
        ])
      #expect(await rig.alerts(2).last == "SERVICE_FAILED x.service")
    }
  }

  @Test func unitsAreRestartedWithoutAlerts() async throws {
    let rig = try Rig(raisesAlerts: false)
    try await rig.run {
      rig.supervisor.send(.connected)
      // Only failures after the list count as new. Its arrival is not observable, so failures repeat until one is handled.
      var number = 0
      while !rig.supervisor.requests.entries.contains(where: { $0.hasPrefix("start") }), number < 400 {
        rig.supervisor.send(Self.changed("x\(number).service", "failed"))
        number += 1
        try await Task.sleep(for: .milliseconds(50))
      }
      #expect(rig.supervisor.requests.entries.contains { $0.hasPrefix("start") })
    }
    #expect(rig.uplink.sent.isEmpty)
    #expect(rig.outbox.count == 0)
  }

  @Test func disabledAutohealOnlyReports() async throws {
    let rig = try Rig(failed: ["old.service"])
    rig.autoheal.configure(AutohealSettings(isEnabled: false), raisesAlerts: true)
    try await rig.run {
      rig.supervisor.send(.connected)
      _ = await rig.alerts(1)
      rig.supervisor.send(Self.changed("x.service", "failed"))
      #expect(await rig.alerts(2).last == "SERVICE_FAILED x.service")
    }
    #expect(rig.supervisor.requests.entries == ["list", "traits x.service"])
  }

  @Test func hangingStartsDoNotDelayOthers() async throws {
    let rig = try Rig(failed: ["old.service"], startLimit: .milliseconds(1))
    try await rig.run {
      rig.supervisor.send(.connected)
      _ = await rig.alerts(1)
      let units = (0...AutohealPolicy.maximumStarting).map { "hanging-\($0).service" }
      for unit in units { rig.supervisor.send(Self.changed(unit, "failed")) }
      let requests = rig.supervisor.requests
      await requests.changed.wait { requests.entries.count { $0.hasPrefix("start") } == units.count }
    }
  }

  @Test func cancellationEndsAllTasks() async throws {
    let rig = try Rig()
    try await rig.run { rig.supervisor.send(.disconnected) }
  }
}
