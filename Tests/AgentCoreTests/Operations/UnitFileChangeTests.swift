import HostControl
import Testing

@testable import AgentCore

@Suite struct UnitFileChangeTests {
  private static func change(
    _ links: Int, _ before: String, _ after: String, install: Bool = true, wantedBy: [String] = []
  ) -> UnitFileChange {
    UnitFileChange(
      unit: "x.service", means: .unitFile(links: links), stateBefore: before, stateAfter: after,
      hasInstallSection: install, wantedByBefore: wantedBy, wantedBy: wantedBy)
  }

  @Test(arguments: [
    (change(1, "disabled", "enabled"), "done"), (change(1, "enabled-runtime", "enabled"), "done"),
    (change(2, "linked", "enabled"), "done"), (change(1, "indirect", "indirect"), "done"),
    (change(0, "enabled", "enabled"), "already"), (change(0, "indirect", "indirect"), "already"),
    (change(0, "static", "static", install: false), "failed"),
    (change(0, "indirect", "indirect", install: false), "failed"),
    (change(0, "bad", "bad"), "failed"), (change(0, "disabled", "disabled"), "failed"),
  ])
  func enableVerdictFollowsTheUnitFileState(change: UnitFileChange, verdict: String) {
    #expect(Self.word(change.enabled) == verdict)
  }

  @Test(arguments: [
    (change(1, "enabled", "disabled"), "done"), (change(1, "enabled-runtime", "disabled"), "done"),
    (change(1, "linked", ""), "done"), (change(1, "indirect", "indirect"), "done"),
    (change(0, "disabled", "disabled"), "already"),
    (change(0, "disabled", "disabled", wantedBy: ["a.target"]), "already"),
    (change(0, "enabled", "enabled"), "failed"), (change(1, "enabled", "enabled-runtime"), "failed"),
    (change(0, "static", "static"), "failed"), (change(0, "indirect", "indirect"), "failed"),
    (change(0, "enabled", ""), "failed"),
  ])
  func disableVerdictFollowsTheUnitFileState(change: UnitFileChange, verdict: String) {
    #expect(Self.word(change.disabled) == verdict)
  }

  @Test func initScriptVerdictFollowsItsTargets() {
    func script(before: [String], now: [String]) -> UnitFileChange {
      UnitFileChange(
        unit: "x.service", means: .initScript(path: "/etc/init.d/x"), stateBefore: "generated",
        stateAfter: "generated", wantedByBefore: before, wantedBy: now)
    }
    let started = ["multi-user.target"]
    #expect(Self.word(script(before: [], now: started).enabled) == "done")
    #expect(Self.word(script(before: started, now: started).enabled) == "already")
    #expect(Self.word(script(before: [], now: []).enabled) == "failed")
    #expect(Self.word(script(before: started, now: []).disabled) == "done")
    #expect(Self.word(script(before: [], now: []).disabled) == "already")
    #expect(Self.word(script(before: started, now: started).disabled) == "failed")
  }

  @Test func reasonNamesTheTargetsOfTheUnit() {
    let generated = UnitFileChange(
      unit: "x.service", means: .none(initScript: nil), stateBefore: "generated", stateAfter: "generated",
      wantedBy: ["multi-user.target"])
    for verdict in [generated.enabled, generated.disabled] {
      guard case .failed(let reason) = verdict else {
        Issue.record("\(verdict)")
        continue
      }
      #expect(reason.contains("nothing was changed"))
      #expect(reason.contains("generated"))
      #expect(reason.contains("multi-user.target"))
    }
  }

  private static func word(_ verdict: UnitFileChange.Verdict) -> String {
    switch verdict {
    case .done: "done"
    case .already: "already"
    case .failed: "failed"
    }
  }
}
