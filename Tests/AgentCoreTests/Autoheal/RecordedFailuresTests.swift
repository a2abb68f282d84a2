import Testing

@testable import AgentCore

/// Events recorded from systemd 252 while real units failed, and the decisions that follow.
@Suite struct RecordedFailuresTests {
  /// A start of a simple service.
  private static let start = "+1 inactive/dead inactive/dead active/running -1:done active/running @2"

  @Test(arguments: [
    ("it exits with 3", start + " failed/failed"),
    ("systemctl kill -s KILL", start + " failed/failed"),
    ("systemctl kill of one that exits with 1 then", start + " failed/failed"),
    (
      "its main process is killed and the others take a moment",
      start + " deactivating/stop-sigterm failed/failed"
    ),
    (
      "its watchdog",
      "+1 activating/start active/running -1:done @1.1 deactivating/stop-watchdog failed/failed"
    ),
    ("a forking start fails", "+1 inactive/dead activating/start failed/failed -1:failed failed/failed"),
    ("no such executable", "+1 inactive/dead activating/start failed/failed -1:failed failed/failed"),
    ("ExecStartPre fails", "+1 inactive/dead activating/start-pre failed/failed -1:failed failed/failed"),
    (
      "a start takes too long",
      "+1 inactive/dead activating/start @1.1 deactivating/stop-sigterm failed/failed -1:failed failed/failed"
    ),
    (
      "a reload kills it",
      start + " +2 active/running reloading/reload @0.5 failed/failed -2:failed failed/failed"
    ),
    (
      "Restart=on-failure ends in the start limit",
      start
        + " failed/failed activating/auto-restart @0.3 activating/auto-restart +2 activating/auto-restart"
        + " inactive/dead active/running -2:done active/running @0.3 failed/failed activating/auto-restart"
        + " @0.4 +3 activating/auto-restart inactive/dead failed/failed -3:failed failed/failed"
    ),
    (
      "a restart job whose start part hits the start limit",
      start
        + " +2 active/running deactivating/stop-sigterm failed/failed failed/failed -2:failed failed/failed"
    ),
    ("a daemon-reload in between", start + " active/running failed/failed failed/failed"),
  ])
  func isRestarted(what: String, events: String) {
    var rig = PolicyRig()
    rig.play(events)
    rig.play("@9.4")
    #expect(rig.taken() == ["SERVICE_FAILED"], "\(what)")
    rig.play("@0.7")
    #expect(rig.taken() == ["restart"], "\(what)")
  }

  @Test(arguments: [
    (
      "a stop takes too long",
      start
        + " active/running +2 active/running deactivating/stop-sigterm @1.1 deactivating/stop-sigkill"
        + " failed/failed -2:done failed/failed"
    ),
    (
      "ExecStop fails",
      start
        + " +2 active/running deactivating/stop deactivating/stop-sigterm failed/failed -2:done failed/failed"
    ),
    (
      "it exits with 143 when it is stopped",
      start + " +2 active/running deactivating/stop-sigterm failed/failed -2:done failed/failed"
    ),
    (
      "what it is bound to has failed",
      start
        + " active/running +2 active/running deactivating/stop-sigterm failed/failed -2:done failed/failed"
    ),
    (
      "a stop that was cancelled goes on",
      start
        + " +2 active/running deactivating/stop-sigterm -2:canceled deactivating/stop-sigterm @1.1"
        + " deactivating/stop-sigkill failed/failed"
    ),
    (
      "a stop in the middle of a start",
      "+1 inactive/dead activating/start @0.3 -1:canceled activating/start +2 activating/start"
        + " deactivating/stop-sigterm failed/failed -2:done failed/failed"
    ),
    ("the stop was asked for before the agent watched it", "deactivating/stop-sigterm failed/failed -2:done"),
  ])
  func isReportedAndNotRestarted(what: String, events: String) {
    var rig = PolicyRig()
    rig.play(events + " @4000")
    #expect(rig.reasons() == ["it was being stopped"], "\(what)")
  }

  @Test(arguments: [
    ("a stop", start + " +2 deactivating/stop-sigterm inactive/dead -2:done inactive/dead"),
    ("systemctl kill of one that ends well then", start + " inactive/dead"),
    (
      "a restart whose stop part takes too long",
      start
        + " +2 active/running deactivating/stop-sigterm @1.1 deactivating/stop-sigkill failed/failed"
        + " failed/failed active/running -2:done active/running"
    ),
    (
      "systemd restarts it itself",
      start
        + " failed/failed activating/auto-restart @0.3 +2 inactive/dead active/running -2:done active/running"
    ),
    (
      "the same in later versions",
      start + " failed/failed-before-auto-restart activating/auto-restart @5 +2 active/running -2:done"
    ),
    (
      "a reload that fails",
      start + " +2 active/running reloading/reload active/running -2:failed active/running"
    ),
    ("a start that another one's failure ends", "+1 inactive/dead -1:dependency inactive/dead"),
  ])
  func isNoFailure(what: String, events: String) {
    var rig = PolicyRig()
    rig.play(events + " @4000")
    #expect(rig.taken() == [], "\(what)")
    #expect(rig.policy.watches.isEmpty, "no record is left: \(what)")
  }
}
