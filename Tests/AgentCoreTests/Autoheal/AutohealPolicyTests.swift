import AgentProtocol
import JSON
import Testing

@testable import AgentCore
@testable import HostControl

@Suite struct AutohealPolicyTests {
  private static let unit = "x.service"
  private static let crash = "active/running failed/failed"
  /// The events of a successful restart by the agent, as systemd 252 reports them.
  private static let restart = "inactive/dead +9 inactive/dead active/running -9:done active/running"

  private func restarted(_ rig: inout PolicyRig, _ result: String = "done") {
    rig.input(.restarted(Self.unit, .success(result)))
  }

  @Test func crashLoopEndsWithOneGivenUpAlert() {
    var rig = PolicyRig()
    let start = rig.now
    var restarts: [Duration] = []
    var alerts: [String] = []
    rig.play(Self.crash)
    for _ in 0..<40 {
      rig.pass(.seconds(10))
      for action in rig.taken() where action != "log" {
        guard action == "restart" else {
          alerts.append(action)
          continue
        }
        restarts.append(rig.now - start)
        rig.play(Self.restart)
        restarted(&rig)
        rig.play("failed/failed")
      }
    }
    rig.pass(.seconds(86_400))
    #expect(rig.taken() == [], "it is not restarted any more")
    // After 10 s, 20 s, 40 s, 80 s and 160 s.
    #expect(restarts == [10, 30, 70, 150, 310].map { .seconds($0) })
    #expect(alerts == Array(repeating: "SERVICE_FAILED", count: 5) + ["SERVICE_GIVEN_UP"])
  }

  @Test func delaysGrowToFiveMinutes() {
    let usual = AutohealPolicy(AutohealSettings())
    #expect((0...6).map { usual.delay(after: $0) } == [10, 20, 40, 80, 160, 300, 300].map { .seconds($0) })
    let none = AutohealPolicy(AutohealSettings(restartDelay: .zero))
    #expect((0...3).map { none.delay(after: $0) } == [0, 2, 4, 8].map { .seconds($0) })
    let day = AutohealPolicy(AutohealSettings(restartDelay: .seconds(86_400)))
    #expect(day.delay(after: 1_000_000) == .seconds(86_400))
  }

  @Test func thirtySecondsOfRunningAreARecovery() throws {
    var rig = PolicyRig()
    rig.play(Self.crash + " @10")
    #expect(rig.taken() == ["SERVICE_FAILED", "restart"])
    rig.play(Self.restart)
    restarted(&rig)
    rig.play("@29")
    #expect(rig.taken() == ["log"])
    rig.play("@2")
    guard case .raise(let alert) = try #require(rig.actions.first) else {
      Issue.record("no alert")
      return
    }
    #expect(alert.code == "SERVICE_RECOVERED" && alert.severity == .info)
    #expect(alert.details["restarts"]?.integerValue == 1)
    _ = rig.taken()
    rig.play("@4000")
    #expect(rig.taken() == [])
    #expect(rig.policy.watches.isEmpty)
  }

  @Test(arguments: [("caf\u{E9}.service", "cafe\u{301}.service"), ("K.service", "\u{212A}.service")])
  func unitsAreComparedByBytes(unit: String, equivalent: String) {
    var rig = PolicyRig()
    rig.play("failed/failed", on: unit)
    rig.play("failed/failed active/running @11", on: equivalent)
    #expect(rig.policy.watches.count == 1)
    #expect(rig.taken() == ["SERVICE_FAILED", "restart"])
  }

  @Test func ownUnitsAreRecognisedByBytes() {
    #expect(AutohealRules.isOwn("plusclouds-\u{301}x.service"))
    #expect(!AutohealRules.isOwn("p\u{301}lusclouds-x.service"))
    #expect(AutohealRules.matches("x", "x.service"))
    #expect(!AutohealRules.matches("caf\u{E9}", "cafe\u{301}.service"))
  }

  @Test func tenMinutesOfRunningResetTheHistory() {
    var rig = PolicyRig(AutohealSettings(maxRestarts: 1))
    rig.play(Self.crash + " @10 " + Self.restart)
    restarted(&rig)
    rig.play("@599 failed/failed @20")
    #expect(rig.taken() == ["SERVICE_FAILED", "restart", "log", "SERVICE_RECOVERED", "SERVICE_GIVEN_UP"])
    rig.play("active/running @601 failed/failed @10")
    #expect(rig.taken() == ["SERVICE_RECOVERED", "SERVICE_FAILED", "restart"])
  }

  @Test(arguments: [
    ("systemctl stop of a failed unit", "+7 failed/failed -7:done failed/failed"),
    ("systemctl reset-failed", "inactive/dead"),
    ("systemctl start", "+7 failed/failed active/running -7:done active/running"),
    ("a start that was cancelled", "+7 failed/failed -7:canceled failed/failed"),
    ("a start that takes long", "+7 activating/start"),
  ])
  func manualChangesCancelTheRestart(what: String, events: String) {
    var rig = PolicyRig()
    rig.play(Self.crash + " @5")
    #expect(rig.taken() == ["SERVICE_FAILED"])
    rig.play(events + " @4000")
    #expect(!rig.taken().contains("restart"), "\(what)")
  }

  @Test func stopAfterTheFailureCancelsTheRestart() {
    var rig = PolicyRig(AutohealSettings(restartDelay: .zero))
    rig.play(Self.crash + " @0.2 +7 failed/failed -7:done failed/failed @4000")
    #expect(rig.reasons() == ["it was being stopped"])
  }

  @Test func stopDuringTheRestartCancelsIt() {
    var rig = PolicyRig()
    rig.play(Self.crash + " @10")
    _ = rig.taken()
    rig.play("inactive/dead +9 activating/start -9:canceled +10 deactivating/stop-sigterm")
    restarted(&rig, "canceled")
    rig.play("failed/failed -10:done failed/failed @4000")
    #expect(rig.taken() == ["log"])
  }

  @Test func manualStartEndsTheGivenUpState() {
    var rig = PolicyRig(AutohealSettings(maxRestarts: 1))
    rig.play(Self.crash + " @10 " + Self.restart)
    restarted(&rig)
    rig.play("failed/failed @100")
    #expect(rig.taken() == ["SERVICE_FAILED", "restart", "log", "SERVICE_GIVEN_UP"].filter { $0 != "log" })
    rig.play("+7 failed/failed active/running -7:done active/running failed/failed @10")
    #expect(rig.taken() == ["SERVICE_FAILED", "restart"])
  }

  @Test func repeatedManualStartsRaiseFewAlerts() {
    var rig = PolicyRig()
    for _ in 0..<100 { rig.play("+7 active/running -7:done failed/failed @2") }
    #expect(rig.taken().filter { $0 == "SERVICE_FAILED" }.count == 6)
  }

  @Test func failedStartCountsAsARestart() {
    var rig = PolicyRig()
    rig.play(Self.crash + " @10")
    rig.play("inactive/dead +9 activating/start failed/failed -9:failed failed/failed")
    restarted(&rig, "failed")
    rig.play("@20")
    #expect(rig.taken() == ["SERVICE_FAILED", "restart", "SERVICE_FAILED", "restart"])
  }

  @Test func restartEventsMayFollowItsReply() {
    var rig = PolicyRig()
    rig.play(Self.crash + " @10")
    restarted(&rig, "failed")
    rig.play("inactive/dead +9 activating/start failed/failed -9:failed failed/failed @1")
    #expect(rig.taken() == ["SERVICE_FAILED", "restart", "SERVICE_FAILED"])
  }

  @Test func restartWithoutAReplyIsRetried() {
    var rig = PolicyRig()
    rig.play(Self.crash + " @10 inactive/dead +9 -9:dependency")
    restarted(&rig, "dependency")
    rig.play("@21")
    #expect(rig.taken() == ["SERVICE_FAILED", "restart", "SERVICE_FAILED", "restart"])
    rig.input(.restarted(Self.unit, .failure(SystemdError(.timedOut, "no answer"))))
    rig.play("@41")
    #expect(rig.taken() == ["SERVICE_FAILED", "restart"])
    rig.input(.restarted(Self.unit, .failure(SystemdError(.unitNotFound, "it is gone"))))
    rig.play("@4000")
    #expect(rig.taken() == ["log"])
    #expect(rig.policy.watches.isEmpty)
  }

  @Test(arguments: [
    (PolicyRig.traits(unit, file: "disabled"), "it is not enabled"),
    (PolicyRig.traits(unit, file: "masked"), "it is masked"),
    (PolicyRig.traits(unit, load: "masked"), "it is masked"),
    (PolicyRig.traits(unit, triggeredBy: ["x.timer"]), "x.timer starts it"),
  ])
  func propertiesAreReadAgainBeforeARestart(traits: ServiceTraits, reason: String) {
    var rig = PolicyRig()
    rig.play(Self.crash + " @5")
    rig.traits[Self.unit] = traits
    rig.play("@4000")
    #expect(rig.reasons() == ["SERVICE_FAILED", reason])
    rig.traits = [:]
    rig.play("active/running @31 failed/failed @11")
    #expect(rig.taken() == ["SERVICE_RECOVERED", "SERVICE_FAILED", "restart"], "it is still monitored")
  }

  @Test(arguments: [
    ("a start whose event is on its way", "active", "active/running"),
    ("a reset whose event is on its way", "inactive", "inactive/dead"),
  ])
  func unitThatLeftFailedIsNotRestarted(what: String, state: String, event: String) throws {
    var policy = AutohealPolicy(AutohealSettings())
    let start = ContinuousClock.now
    func failed(_ state: String) -> AutohealPolicy.Input {
      .inspected(Self.unit, .success(PolicyRig.traits(Self.unit, state: state)))
    }
    func changed(_ state: String) -> AutohealPolicy.Input {
      .event(.changed(unit: Self.unit, activeState: state, subState: ""))
    }
    _ = policy.handle(.event(.connected), at: start)
    _ = policy.handle(.listed([]), at: start)
    _ = policy.handle(changed("failed"), at: start)
    _ = policy.handle(.timePassed, at: start + .seconds(1))
    _ = policy.handle(failed("failed"), at: start + .seconds(1))
    let due = try #require(policy.deadline)
    #expect(policy.handle(.timePassed, at: due) == [.inspect(Self.unit)])
    #expect(policy.handle(failed(state), at: due) == [], "\(what)")
    #expect(policy.handle(changed(state), at: due) == [])
    #expect(policy.handle(.timePassed, at: due + .seconds(29)).contains(.restart(Self.unit)) == false)
  }

  @Test func stopDuringTheInspectionCancelsTheRestart() throws {
    var policy = AutohealPolicy(AutohealSettings())
    let start = ContinuousClock.now
    let answer = AutohealPolicy.Input.inspected(Self.unit, .success(PolicyRig.traits(Self.unit)))
    _ = policy.handle(.event(.connected), at: start)
    _ = policy.handle(.listed([]), at: start)
    _ = policy.handle(.event(.changed(unit: Self.unit, activeState: "failed", subState: "")), at: start)
    _ = policy.handle(.timePassed, at: start + .seconds(1))
    _ = policy.handle(answer, at: start + .seconds(1))
    let due = try #require(policy.deadline)
    #expect(policy.handle(.timePassed, at: due) == [.inspect(Self.unit)])
    _ = policy.handle(.event(.jobQueued(unit: Self.unit, job: 7)), at: due)
    _ = policy.handle(.event(.jobRemoved(unit: Self.unit, job: 7, result: "done")), at: due)
    #expect(policy.handle(answer, at: due) == [])
    #expect(policy.deadline == nil)
  }

  @Test func refusedStartIsReportedOnceAndNotRetried() {
    var rig = PolicyRig()
    rig.play(Self.crash + " @10 inactive/dead")
    rig.input(.restarted(Self.unit, .failure(SystemdError(.refused, "it is masked"))))
    rig.play("@4000")
    #expect(rig.taken() == ["SERVICE_FAILED", "restart", "SERVICE_FAILED"])
    rig.play("+7 active/running -7:done @31")
    #expect(rig.taken() == ["SERVICE_RECOVERED"])
  }

  @Test func startRefusedForARunningUnitIsARecovery() {
    var rig = PolicyRig()
    rig.play(Self.crash + " @10 inactive/dead activating/start")
    rig.input(.restarted(Self.unit, .failure(SystemdError(.refused, "it is running"))))
    rig.play("@5 active/running @31")
    #expect(rig.taken() == ["SERVICE_FAILED", "restart", "SERVICE_RECOVERED"])
  }

  @Test(arguments: [
    ("@400 active/running -9:done @31", ["log", "SERVICE_RECOVERED"]),
    ("@400 failed/failed -9:failed @21", ["log", "SERVICE_FAILED", "restart"]),
    (
      "@400 -9:canceled +10 deactivating/stop-sigterm failed/failed -10:done @4000",
      ["log", "SERVICE_FAILED"]
    ),
    ("-9:canceled +10 deactivating/stop-sigterm inactive/dead -10:done @9", ["log", "SERVICE_RECOVERED"]),
  ])
  func longStartIsStillMonitored(events: String, expected: [String]) {
    var rig = PolicyRig()
    rig.play(Self.crash + " @10 inactive/dead +9 activating/start")
    rig.input(.restartUnfinished(Self.unit))
    #expect(rig.taken() == ["SERVICE_FAILED", "restart"])
    rig.play(events)
    #expect(rig.taken() == expected)
  }

  @Test func earlierFailureIsReportedOnceAndNotRestarted() {
    var rig = PolicyRig(failed: ["a.service", Self.unit, "plusclouds-agent.service"])
    let reason = "it failed before the agent watched it"
    #expect(rig.reasons() == [reason, reason])
    rig.play("failed/failed +7 failed/failed -7:failed @4000")
    rig.disconnect()
    rig.connect(failed: ["a.service", Self.unit])
    rig.play("@4000")
    #expect(rig.taken() == [], "known even after a reconnect of the bus")
    rig.play("active/running @1 failed/failed @10")
    #expect(rig.taken() == ["SERVICE_FAILED", "restart"], "it is monitored from now on")
  }

  @Test func failureWithoutTheBusIsNotRestarted() {
    var rig = PolicyRig()
    rig.disconnect()
    rig.connect(failed: [Self.unit])
    rig.play("@4000")
    #expect(rig.reasons() == ["it failed before the agent watched it"])
  }

  @Test func scheduledRestartIsCancelledWithTheBusConnection() {
    var rig = PolicyRig()
    rig.play(Self.crash + " @5")
    rig.disconnect()
    rig.connect(failed: [Self.unit])
    rig.play("@4000")
    #expect(rig.taken() == ["SERVICE_FAILED", "log"])
  }

  @Test func recoveryWithoutTheBusIsReportedAfterwards() {
    var rig = PolicyRig(failed: [Self.unit])
    _ = rig.taken()
    rig.disconnect()
    rig.input(.event(.connected))
    rig.input(.listed([PolicyRig.service(Self.unit, "active")]))
    rig.play("@31")
    #expect(rig.taken() == ["SERVICE_RECOVERED"])
  }

  @Test(arguments: [
    (PolicyRig.traits(unit, type: "oneshot"), "it is a oneshot"),
    (PolicyRig.traits(unit, file: "enabled-runtime"), "SERVICE_FAILED"),
    (PolicyRig.traits(unit, file: "static"), "it is not enabled"),
    (PolicyRig.traits(unit, file: "static", wantedBy: ["basic.target"]), "it is not enabled"),
    (PolicyRig.traits(unit, file: "generated", wantedBy: ["multi-user.target"]), "SERVICE_FAILED"),
    (PolicyRig.traits(unit, file: "generated", wantedBy: ["other.service"]), "it is not enabled"),
    (PolicyRig.traits(unit, file: "disabled"), "it is not enabled"),
    (PolicyRig.traits(unit, file: "generated"), "it is not enabled"),
    (PolicyRig.traits(unit, file: "transient", isTransient: true), "it is transient"),
    (PolicyRig.traits(unit, triggeredBy: ["x.timer"]), "x.timer starts it"),
    (PolicyRig.traits(unit, triggeredBy: ["x.socket", "x.path"]), "x.socket starts it"),
  ])
  func onlyEligibleUnitsAreRestarted(traits: ServiceTraits, reason: String) {
    var rig = PolicyRig()
    rig.traits[Self.unit] = traits
    rig.play(Self.crash + " @9")
    #expect(rig.reasons() == [reason])
  }

  @Test(arguments: [
    (AutohealSettings(isEnabled: false), "autoheal is off"),
    (AutohealSettings(exclude: ["y", "x*"]), "autoheal.exclude names it"),
    (AutohealSettings(exclude: ["x.service"]), "autoheal.exclude names it"),
    (AutohealSettings(units: ["nginx"]), "autoheal.units does not name it"),
    (AutohealSettings(units: ["nginx", "x"]), "SERVICE_FAILED"),
    (AutohealSettings(units: ["[w-y].serv?ce"], exclude: ["["]), "SERVICE_FAILED"),
  ])
  func configurationSelectsTheUnits(settings: AutohealSettings, reason: String) {
    var rig = PolicyRig(settings)
    rig.play(Self.crash + " @9")
    #expect(rig.reasons() == [reason])
  }

  @Test func reloadedConfigurationAppliesImmediately() {
    var rig = PolicyRig()
    rig.play(Self.crash + " @9")
    rig.input(.configured(AutohealSettings(exclude: ["x"])))
    rig.play("@4000")
    #expect(rig.taken() == ["SERVICE_FAILED", "log"])
  }

  @Test func ownUnitsAreNeitherRestartedNorReported() {
    var rig = PolicyRig()
    for unit in ["plusclouds-agent.service", "plusclouds-update.service"] {
      rig.play(Self.crash + " @4000", on: unit)
    }
    #expect(rig.taken() == [])
  }

  @Test func jobThatFailsEachMinuteIsReportedEveryTenMinutes() {
    var rig = PolicyRig()
    rig.traits[Self.unit] = PolicyRig.traits(Self.unit, type: "oneshot", triggeredBy: ["x.timer"])
    for _ in 0..<30 { rig.play("+7 activating/start @1 failed/failed -7:failed @59") }
    #expect(rig.taken() == Array(repeating: "SERVICE_FAILED", count: 3))
    rig.play("+7 activating/start @1 inactive/dead -7:done @5")
    #expect(rig.taken() == ["SERVICE_RECOVERED"])
  }

  @Test func suppressedFailureIsReportedLaterIfItLasts() {
    var rig = PolicyRig()
    rig.traits[Self.unit] = PolicyRig.traits(Self.unit, file: "disabled")
    rig.play(Self.crash + " @60 active/running @60 failed/failed @60")
    #expect(rig.taken() == ["SERVICE_FAILED", "SERVICE_RECOVERED"])
    rig.play("@600")
    #expect(rig.taken() == ["SERVICE_FAILED"])
  }

  @Test func resetFailedIsNoRecovery() {
    var rig = PolicyRig(AutohealSettings(isEnabled: false))
    rig.play(Self.crash + " @60 inactive/dead @4000")
    #expect(rig.taken() == ["SERVICE_FAILED"])
    #expect(rig.policy.watches.isEmpty)
  }

  @Test func concurrentRestartsAreBounded() {
    var rig = PolicyRig()
    let units = (0..<10).map { "u\($0).service" }
    for unit in units { rig.play(Self.crash, on: unit) }
    rig.play("@60")
    #expect(rig.taken().filter { $0 == "restart" }.count == AutohealPolicy.maximumStarting)
    for unit in units { rig.input(.restarted(unit, .success("done"))) }
    #expect(rig.taken().filter { $0 == "restart" }.count == 6)
  }

  @Test func trackedUnitsAreBounded() {
    var rig = PolicyRig()
    for number in 0..<AutohealPolicy.maximumWatches + 500 {
      rig.play("+1 active/running -1:done", on: "well-\(number).service")
    }
    #expect(rig.policy.watches.isEmpty)
    for number in 0..<AutohealPolicy.maximumWatches + 500 {
      rig.input(.event(.changed(unit: "run-\(number).service", activeState: "failed", subState: "failed")))
    }
    #expect(rig.policy.watches.count == AutohealPolicy.maximumWatches)
    #expect(rig.taken() == ["log"])
  }

  @Test func trackedJobsOfAUnitAreBounded() {
    var rig = PolicyRig()
    for job in 1...1_000 { rig.play("+\(job)") }
    #expect(rig.policy.watches[Self.unit]?.jobs == (985...1_000).map { UInt32($0) })
    rig.play((985...1_000).map { "-\($0):done" }.joined(separator: " "))
    #expect(rig.policy.watches.isEmpty)
  }

  @Test(arguments: ["+7", "+7 activating/start", "activating/auto-restart", "deactivating/stop-sigterm"])
  func unfinishedTransitionIsRemoved(events: String) {
    var rig = PolicyRig()
    rig.play(events + " @1799")
    #expect(rig.policy.watches.count == 1)
    rig.play("@2")
    #expect(rig.policy.watches.isEmpty && rig.policy.deadline == nil)
    rig.play("failed/failed @11")
    #expect(rig.taken().first == "SERVICE_FAILED")
  }

  @Test func unfinishedJobHidesAFailureForHalfAnHour() {
    var rig = PolicyRig()
    rig.play("+7 failed/failed @1799")
    #expect(rig.taken() == [])
    // Other jobs do not postpone the deadline.
    rig.play("+8 -8:done +9 @2")
    #expect(rig.taken() == ["SERVICE_FAILED"])
  }

  @Test func unfinishedRecoveryIsRemovedAfterADay() {
    var rig = PolicyRig()
    rig.play(Self.crash + " @5 activating/start @86399")
    #expect(rig.policy.watches.count == 1)
    rig.play("@2")
    #expect(rig.policy.watches.isEmpty && rig.policy.deadline == nil)
    #expect(rig.taken() == ["SERVICE_FAILED"])
  }

  @Test func recoveredServiceInTransitionIsRemovedAfterADay() {
    var rig = PolicyRig()
    rig.play(Self.crash + " @5 active/running @31 reloading/reload +7 @90000")
    #expect(rig.policy.watches.isEmpty && rig.policy.deadline == nil)
    #expect(rig.taken() == ["SERVICE_FAILED", "SERVICE_RECOVERED"])
  }

  @Test func unfinishedJobsDoNotHideFailures() {
    var rig = PolicyRig()
    rig.play("activating/start", on: "first.service")
    for number in 0..<AutohealPolicy.maximumWatches {
      rig.play("@0.001 +1", on: "odd-\(number).service")
    }
    #expect(rig.policy.watches.count == AutohealPolicy.maximumWatches)
    #expect(rig.policy.watches["first.service"] == nil)
    rig.play(Self.crash + " @11")
    #expect(rig.taken() == ["SERVICE_FAILED", "restart"])
  }

  @Test func missingUnitIsRemoved() {
    var policy = AutohealPolicy(AutohealSettings())
    let start = ContinuousClock.now
    _ = policy.handle(.event(.connected), at: start)
    _ = policy.handle(.listed([]), at: start)
    _ = policy.handle(.event(.changed(unit: "a.service", activeState: "failed", subState: "")), at: start)
    #expect(policy.handle(.timePassed, at: start + .seconds(1)) == [.inspect("a.service")])
    let gone = SystemdError(.unitNotFound, "it is gone")
    #expect(policy.handle(.inspected("a.service", .failure(gone)), at: start + .seconds(1)) == [])
    #expect(policy.watches.isEmpty)
  }

  @Test func unitWithUnreadablePropertiesIsReportedAndNotRestarted() {
    var policy = AutohealPolicy(AutohealSettings())
    let start = ContinuousClock.now
    _ = policy.handle(.event(.connected), at: start)
    _ = policy.handle(.listed([]), at: start)
    _ = policy.handle(.event(.changed(unit: "a.service", activeState: "failed", subState: "")), at: start)
    _ = policy.handle(.timePassed, at: start + .seconds(1))
    let failure = SystemdError(.timedOut, "no answer")
    let actions = policy.handle(.inspected("a.service", .failure(failure)), at: start + .seconds(1))
    guard case .raise(let alert)? = actions.first else {
      Issue.record("no alert")
      return
    }
    #expect(alert.code == "SERVICE_FAILED")
    #expect(policy.deadline == nil)
  }
}
