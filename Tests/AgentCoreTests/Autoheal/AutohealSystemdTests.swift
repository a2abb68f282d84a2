import AgentProtocol
import Glibc
import HostControl
import JSON
import Logging
import Testing

@testable import AgentCore

/// Autoheal on a real systemd, enabled only by an environment variable, as it changes units.
@Suite(
  .enabled(if: getenv("PLUSCLOUDS_SYSTEMD_TESTS").map { String(cString: $0) } == "1"), .timeLimit(.minutes(2))
)
struct AutohealSystemdTests {
  private struct Machine {
    let mark = "heal-\(UInt32.random(in: 0 ... .max))"
    let uplink = FakeUplink()
    let outbox: AlertOutbox
    let autoheal: Autoheal

    init(restartDelay: Duration = .zero) throws {
      let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
      outbox = AlertOutbox(
        uplink: uplink, agent: try #require(AgentUUID("a")), losses: LossCounter(), logger: logger)
      autoheal = Autoheal(
        AutohealSettings(restartDelay: restartDelay, units: ["\(mark)-*"], maxRestarts: 2),
        raisesAlerts: true,
        supervisor: Systemd.shared, outbox: outbox, logger: logger)
    }

    func name(_ part: String) -> String { "\(mark)-\(part).service" }

    func path(_ file: String) -> String { "/run/systemd/system/\(mark)-\(file)" }

    /// Creates services, each with the lines of its `[Service]` section, and removes them afterwards.
    func run(_ definitions: [String: String], _ body: () async throws -> Void) async throws {
      for (part, lines) in definitions {
        let install = part == "disabled" || part == "timed" ? "" : "[Install]\nWantedBy=multi-user.target\n"
        try write("[Service]\n\(lines)\n\(install)", to: path("\(part).service"))
      }
      try write("[Timer]\nOnActiveSec=1\nAccuracySec=1ms\n", to: path("timed.timer"))
      try await systemctl("daemon-reload")
      let enabled = definitions.keys.filter { $0 != "disabled" && $0 != "timed" }.map(name)
      try await systemctl(["enable", "--runtime"] + enabled)
      let outcome: Result<Void, any Error>
      do {
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask { await outbox.run() }
          group.addTask { await autoheal.run() }
          try await body()
          group.cancelAll()
        }
        outcome = .success(())
      } catch {
        outcome = .failure(error)
      }
      try await systemctl(["disable", "--runtime"] + enabled)
      try await systemctl("kill", "--signal=KILL", "\(mark)-*")
      for part in definitions.keys { unlink(path("\(part).service")) }
      try await systemctl("stop", "\(mark)-*")
      try await systemctl("reset-failed", "\(mark)-*")
      unlink(path("timed.timer"))
      try await systemctl("daemon-reload")
      try outcome.get()
    }

    private func write(_ text: String, to path: String) throws {
      let file = try #require(fopen(path, "w"))
      defer { fclose(file) }
      try #require(fputs(text, file) >= 0)
    }

    func systemctl(_ arguments: String...) async throws { try await systemctl(arguments) }

    func systemctl(_ arguments: [String]) async throws {
      _ = try await ProcessRunner().run(
        ProcessRequest(executable: "/usr/bin/systemctl", arguments: arguments))
    }

    /// Lets a service fail until an alert follows: failures count as new only after the services were listed.
    func warmUp() async throws {
      let deadline = ContinuousClock.now + .seconds(60)
      while ContinuousClock.now < deadline {
        // Without reset-failed, systemd refuses further starts.
        try await systemctl("reset-failed", name("warmup"))
        try await systemctl("start", name("warmup"))
        for _ in 0..<40 {
          if uplink.sent.contains(where: { isAlert($0, of: "warmup") }) { return }
          try await Task.sleep(for: .milliseconds(50))
        }
      }
      Issue.record("no failure was reported")
    }

    /// The alerts about a service, as soon as there are `count`.
    func reported(_ part: String, _ count: Int) async -> [JSONObject] {
      await uplink.sent(count) { isAlert($0, of: part) }.compactMap(\.payload)
    }

    private func isAlert(_ sent: FakeUplink.Sent, of part: String) -> Bool {
      sent.envelope.type == "alert" && sent.payload?["object_id"]?.stringValue == name(part)
    }

    /// Waits until a service is in a state, 20 s at most.
    func wait(for part: String, _ state: String) async throws {
      let deadline = ContinuousClock.now + .seconds(60)
      while try await self.state(part) != state, ContinuousClock.now < deadline {
        try await Task.sleep(for: .milliseconds(50))
      }
      #expect(try await self.state(part) == state)
    }

    func state(_ part: String) async throws -> String {
      try await Systemd.shared.service(name(part)).activeState
    }
  }

  @Test func unitStoppedDuringTheDelayStaysStopped() async throws {
    let machine = try Machine(restartDelay: .seconds(3))
    try await machine.run([
      "warmup": "ExecStart=/bin/false", "stopped": "ExecStart=/bin/sleep 1000",
      "forsaken": "ExecStart=/bin/sleep 1000", "started": "ExecStart=/bin/sleep 1000",
      "healed": "ExecStart=/bin/sleep 1000",
    ]) {
      try await machine.warmUp()
      for part in ["stopped", "forsaken", "started", "healed"] {
        try await machine.systemctl("start", machine.name(part))
        try await machine.systemctl("kill", "--signal=KILL", machine.name(part))
        let details = await machine.reported(part, 1).first?["details"]?.objectValue
        #expect(details?["restart_in_s"] == 3, "\(part)")
        // A stop of a unit that is failed leaves it failed.
        if part == "stopped" { try await machine.systemctl("stop", machine.name(part)) }
        if part == "forsaken" {
          try await machine.systemctl("disable", "--runtime", machine.name(part))
        }
        if part == "started" { try await machine.systemctl("start", machine.name(part)) }
      }
      // It failed last, so the others were due before.
      let deadline = ContinuousClock.now + .seconds(60)
      while try await machine.state("healed") != "active", ContinuousClock.now < deadline {
        try await Task.sleep(for: .milliseconds(50))
      }
      #expect(try await machine.state("healed") == "active")
      #expect(try await machine.state("stopped") == "failed")
      #expect(try await machine.state("started") == "active")
      #expect(try await machine.state("forsaken") == "failed")
      let reason = await machine.reported("forsaken", 2).last?["details"]?.objectValue?["not_restarted"]
      #expect(reason == "it is not enabled")
      // Both have run for half a minute.
      for part in ["started", "healed"] {
        _ = await machine.reported(part, 2)
        #expect(
          await machine.reported(part, 2).map { $0["code"] } == ["SERVICE_FAILED", "SERVICE_RECOVERED"])
      }
      #expect(await machine.reported("stopped", 1).count == 1)
    }
  }

  @Test func hangingStartDoesNotDelayAStop() async throws {
    let machine = try Machine()
    let hangs = "Type=notify\nTimeoutStartSec=infinity\nExecStart=/bin/sleep 1000"
    try await machine.run(["warmup": "ExecStart=/bin/false", "hanging": hangs]) {
      try await machine.warmUp()
      try await machine.systemctl("start", "--no-block", machine.name("hanging"))
      try await machine.wait(for: "hanging", "activating")
      try await machine.systemctl("kill", "--signal=KILL", machine.name("hanging"))
      _ = await machine.reported("hanging", 1)
      try await machine.wait(for: "hanging", "activating")
      let before = ContinuousClock.now
      #expect(try await Systemd.shared.perform(.stop, on: machine.name("hanging")) == "done")
      #expect(ContinuousClock.now - before < .seconds(20))
      #expect(try await machine.state("hanging") != "activating")
    }
  }

  @Test func failedUnitsAreRestartedAndStoppedOnesAreNot() async throws {
    let machine = try Machine()
    let ignoresTerm = "/bin/sh -c \"trap '' TERM; while :; do sleep 0.1; done\""
    try await machine.run([
      "warmup": "ExecStart=/bin/false",
      "loop": "ExecStart=/bin/false",
      "start": "Type=forking\nExecStart=/bin/false",
      "once": "Type=oneshot\nExecStart=/bin/false",
      "disabled": "ExecStart=/bin/false",
      "timed": "ExecStart=/bin/false",
      "stop": "TimeoutStopSec=1\nExecStart=\(ignoresTerm)",
      "killed": "ExecStart=/bin/sleep 1000",
      "own": "Restart=on-failure\nRestartSec=100ms\nExecStart=/bin/sh -c \"sleep 0.2; exit 1\"",
    ]) {
      try await machine.warmUp()
      for part in ["loop", "start", "once", "disabled", "killed", "own"] {
        try await machine.systemctl("start", machine.name(part))
      }
      try await machine.systemctl("start", "\(machine.mark)-timed.timer")
      try await machine.systemctl("kill", "--signal=KILL", machine.name("killed"))
      try await machine.systemctl("start", machine.name("stop"))
      try await Task.sleep(for: .milliseconds(300))
      try await machine.systemctl("stop", machine.name("stop"))

      let loop = await machine.reported("loop", 3)
      #expect(
        loop.map { $0["code"] } == ["SERVICE_FAILED", "SERVICE_FAILED", "SERVICE_GIVEN_UP"], "\(loop)")
      #expect(await machine.reported("start", 3).map { $0["code"] } == loop.map { $0["code"] })
      for (part, reason) in [
        ("once", "it is a oneshot"), ("disabled", "it is not enabled"), ("stop", "it was being stopped"),
        ("timed", "\(machine.mark)-timed.timer starts it"),
      ] {
        let reported = await machine.reported(part, 1)
        let reasons = reported.map { $0["details"]?.objectValue?["not_restarted"]?.stringValue ?? "none" }
        #expect(reasons == [reason], "\(part)")
        #expect(try await machine.state(part) == "failed", "\(part)")
      }
      #expect(await machine.reported("killed", 1).first?["details"]?.objectValue?["result"] == "signal")
      #expect(try await machine.state("killed") == "active")
      // systemd itself restarts it until the start limit of five in ten seconds.
      #expect(await machine.reported("own", 1).first?["code"] == "SERVICE_FAILED")
    }
  }
}
