import AgentProtocol
import JSON
import Locks
import Testing

@testable import AgentCore
@testable import HostControl

@Suite struct ServiceOperationsTests {
  private let policy = CommandPolicy(allowedOperations: [], executables: ExecutableAllowlist([]))
  private let context = CommandContext(commandID: "c", outputLimit: 10_000)
  private let supervisor = FakeSupervisor()

  private func operation(_ change: ServiceChange, startProblem: String? = nil) -> ServiceOperation.Change {
    ServiceOperation.Change(change, supervisor: supervisor) { startProblem }
  }

  private func run(_ change: ServiceChange, _ name: String) async throws -> OperationOutcome {
    let operation = operation(change)
    return await operation.run(
      try operation.parameters(from: ["name": .string(name)], under: policy), in: context)
  }

  @Test(
    arguments: [
      [:], ["name": 5], ["name": ""], ["name": nil], ["name": "reboot.target"], ["name": "a b"],
      ["name": "../../x"],
      ["name": "dbus.socket"], ["name": "a/b.service"], ["name": .string(String(repeating: "a", count: 300))],
      ["name": "a\0.service"], ["name": ".service"],
    ] as [JSONObject])
  func invalidServiceNamesAreRejected(params: JSONObject) {
    for change in ServiceChange.allCases {
      #expect {
        try operation(change).parameters(from: params, under: policy)
      } throws: {
        ($0 as? Refusal)?.code == .invalidParams
      }
    }
    #expect(throws: Refusal.self) {
      try ServiceOperation.Get(supervisor: supervisor).parameters(from: params, under: policy)
    }
  }

  @Test(arguments: [
    "systemd-reboot", "systemd-reboot.service", "systemd-poweroff", "systemd-halt", "systemd-kexec",
    "systemd-suspend", "systemd-hibernate", "systemd-soft-reboot", "debug-shell", "emergency.service",
    "rescue",
  ])
  func protectedUnitsAreNotPermitted(name: String) async {
    for change in ServiceChange.allCases {
      await #expect {
        try await run(change, name)
      } throws: {
        ($0 as? Refusal)?.code == .notPermitted
      }
    }
    #expect(supervisor.log.entries.isEmpty)
  }

  @Test func aliasesAreResolvedBeforeTheCheck() async throws {
    supervisor.alias("harmless.service", of: "debug-shell.service")
    supervisor.alias("mine.service", of: "plusclouds-agent.service")
    supervisor.alias("odd.service", of: "reboot.target")
    for change in ServiceChange.allCases {
      for name in ["harmless", "odd"] {
        guard case .refused(let refusal) = try await run(change, name) else {
          Issue.record("\(change) of \(name) was not refused")
          continue
        }
        #expect(refusal.code == .notPermitted)
      }
    }
    guard case .refused = try await run(.stop, "mine") else {
      Issue.record("the agent would have stopped itself")
      return
    }
    #expect(supervisor.log.entries.isEmpty)
  }

  @Test(arguments: [ServiceChange.stop, .disable])
  func stopAndDisableOfTheAgentAreNotPermitted(change: ServiceChange) async {
    await #expect {
      try await run(change, "plusclouds-agent")
    } throws: {
      ($0 as? Refusal)?.code == .notPermitted
    }
  }

  @Test(arguments: [ServiceChange.start, .reload, .enable, .restart])
  func otherChangesOfTheAgentArePermitted(change: ServiceChange) async throws {
    _ = try await run(change, "plusclouds-agent.service")
    #expect(supervisor.log.entries == ["\(change.verb) plusclouds-agent.service"])
  }

  @Test func restartOfTheAgentCompletesWhenAccepted() async throws {
    supervisor.alias("mine.service", of: "agent.service")
    supervisor.relate("agent.service", .same)
    supervisor.relate("base.service", .required)
    for name in ["mine", "base"] {
      guard case .completed(let output, "", false) = try await run(.restart, name) else {
        Issue.record("\(name) was not restarted")
        continue
      }
      #expect(output?.objectValue?["success"] == true)
    }
    #expect(supervisor.log.entries == ["enqueue restart mine.service", "enqueue restart base.service"])
  }

  @Test func restartOfTheAgentFailsWhenItWouldNotStart() async throws {
    supervisor.relate("agent.service", .same)
    let operation = operation(.restart, startProblem: "agent.yaml:3: no number")
    let name = try operation.parameters(from: ["name": "agent"], under: policy)
    guard case .failed(.failed, let message, _, _) = await operation.run(name, in: context) else {
      Issue.record("it was restarted")
      return
    }
    #expect(message.contains("agent.yaml:3: no number"))
    #expect(supervisor.log.entries.isEmpty)
  }

  @Test(arguments: [
    (OwnUnitRelation.same, [ServiceChange.stop, .disable]), (.required, [.stop]),
    (.conflicting, [.start, .restart]), (.none, []),
  ])
  func changesThatStopTheAgentAreNotPermitted(relation: OwnUnitRelation, refused: [ServiceChange])
    async throws
  {
    supervisor.relate("other.service", relation)
    for change in ServiceChange.allCases {
      let outcome = try await run(change, "other")
      if case .refused(let refusal) = outcome {
        #expect(refused.contains(change), "\(change)")
        #expect(refusal.code == .notPermitted)
      } else {
        #expect(!refused.contains(change), "\(change)")
      }
    }
  }

  @Test(arguments: ["generated", "masked", "transient"], [ServiceChange.enable, .disable])
  func unchangedUnitFileIsAFailure(state: String, change: ServiceChange) async throws {
    supervisor.fix(state)
    guard case .failed(.failed, let message, let output, false) = try await run(change, "nginx") else {
      Issue.record("it did not fail")
      return
    }
    #expect(message.contains("nothing was changed: it is \(state)"))
    #expect(output?.objectValue?["success"] == false)
  }

  @Test(arguments: ServiceChange.allCases)
  func successfulChangeReturnsAMessage(change: ServiceChange) async throws {
    #expect(
      try await run(change, "nginx")
        == .completed([
          "service": "nginx.service", "action": .string(change.verb), "success": true,
          "message": .string("nginx.service: \(change.verb) done"),
        ]))
    #expect(supervisor.log.entries == ["\(change.verb) nginx.service"])
  }

  @Test(arguments: ["failed", "timeout", "canceled", "dependency", "skipped"])
  func jobResultOtherThanDoneIsAFailure(result: String) async throws {
    supervisor.answer(result)
    guard case .failed(.failed, let message, let output, false) = try await run(.start, "nginx") else {
      Issue.record("it did not fail")
      return
    }
    #expect(message.contains("\"\(result)\""))
    #expect(output?.objectValue?["success"] == false)
    #expect(output?.objectValue?["service"] == "nginx.service")
  }

  @Test func unknownUnitIsAFailure() async throws {
    guard case .failed(.failed, let message, _, _) = try await run(.start, "missing") else {
      Issue.record("it did not fail")
      return
    }
    #expect(message.contains("unit not found"))
    let get = ServiceOperation.Get(supervisor: supervisor)
    let name = try get.parameters(from: ["name": "missing"], under: policy)
    guard case .failed(.failed, let text, nil, false) = await get.run(name, in: context) else {
      Issue.record("it did not fail")
      return
    }
    #expect(text.contains("unit not found"))
  }

  @Test func missingServiceManagerIsUnsupported() async throws {
    supervisor.vanish()
    guard case .failed(.unsupported, _, _, _) = try await run(.restart, "nginx") else {
      Issue.record("it did not fail")
      return
    }
  }

  @Test(arguments: [
    ("active", "active"), ("inactive", "inactive"), ("failed", "failed"), ("activating", "unknown"),
    ("deactivating", "unknown"), ("reloading", "unknown"), ("maintenance", "unknown"),
  ])
  func transientStatesAreUnknown(activeState: String, state: String) {
    let unit = FakeSupervisor.unit("a.service", activeState: activeState)
    #expect(unit.json.objectValue?["state"]?.stringValue == state)
  }
}

private final class FakeSupervisor: ServiceSupervisor {
  let log = Recorder()
  private struct State {
    var aliases: [String: String] = [:]
    var relations: [String: OwnUnitRelation] = [:]
    var result = "done"
    var fixedState: String?
    var isGone = false
  }
  private let state = Locked(State())

  func relate(_ unit: String, _ relation: OwnUnitRelation) {
    state.withLock { $0.relations[unit] = relation }
  }
  func fix(_ unitFileState: String) { state.withLock { $0.fixedState = unitFileState } }

  func alias(_ name: String, of target: String) { state.withLock { $0.aliases[name] = target } }
  func answer(_ result: String) { state.withLock { $0.result = result } }
  func vanish() { state.withLock { $0.isGone = true } }

  static func unit(_ id: String, activeState: String) -> ServiceUnit {
    ServiceUnit(
      id: id, description: "a unit", loadState: "loaded", activeState: activeState, subState: "running",
      unitFileState: "enabled", mainPID: 12, since: 1_000)
  }

  private func check(_ name: String) throws(SystemdError) {
    if state.withLock({ $0.isGone }) { throw SystemdError(.unavailable, "no system bus") }
    if name.hasPrefix("missing") { throw SystemdError(.unitNotFound, "unit not found: \(name)") }
  }

  func services() async throws(SystemdError) -> [ServiceUnit] { [] }

  func service(_ name: String) async throws(SystemdError) -> ServiceUnit {
    try check(name)
    return Self.unit(name, activeState: "active")
  }

  func realName(of name: String) async throws(SystemdError) -> String {
    try check(name)
    return state.withLock { $0.aliases[name] } ?? name
  }

  func perform(_ action: ServiceAction, on name: String) async throws(SystemdError) -> String {
    try check(name)
    log.add("\(action.rawValue) \(name)")
    return state.withLock { $0.result }
  }

  func enqueue(_ action: ServiceAction, on name: String) async throws(SystemdError) {
    log.add("enqueue \(action.rawValue) \(name)")
  }

  func relationToOwnUnit(of unit: String) async throws(SystemdError) -> OwnUnitRelation {
    state.withLock { $0.relations[unit] } ?? .none
  }

  func enable(_ name: String) async throws(SystemdError) -> UnitFileChange {
    log.add("enable \(name)")
    return change(name, from: "disabled", to: "enabled")
  }

  func disable(_ name: String) async throws(SystemdError) -> UnitFileChange {
    log.add("disable \(name)")
    return change(name, from: "enabled", to: "disabled")
  }

  private func change(_ name: String, from: String, to: String) -> UnitFileChange {
    guard let state = state.withLock({ $0.fixedState }) else {
      return UnitFileChange(unit: name, means: .unitFile(links: 1), stateBefore: from, stateAfter: to)
    }
    return UnitFileChange(unit: name, means: .none(initScript: nil), stateBefore: state, stateAfter: state)
  }
}
