import Glibc
import HostControl
import Locks
import Testing

@Suite(.serialized, .enabled(if: hasSystemd)) struct ServiceRunnerTests {
  private static let prefix = "plusclouds-exec-test\(getpid())"
  private let runner = ServiceRunner(prefix: prefix)

  private func run(_ request: ProcessRequest) async throws -> ProcessOutcome {
    try await runner.run(request)
  }

  private func failure(of request: ProcessRequest) async -> ProcessError? {
    do throws(ProcessError) {
      _ = try await runner.run(request)
      return nil
    } catch {
      return error
    }
  }

  /// The loaded units of this runner.
  private func units() async throws -> [String] {
    try await Systemd.shared.loadedUnits(matching: "\(Self.prefix)*").map(\.id)
  }

  @Test func outputAndExitCodeAreReturned() async throws {
    let outcome = try await run(shell("echo out; echo err >&2; exit 7"))
    #expect(outcome.ending == .exited(7))
    #expect(outcome.stdout.text == "out\n")
    #expect(outcome.stderr.text == "err\n")
    #expect(try await run(shell("kill -9 $$")).ending == .signalled(9))
  }

  @Test func programRunsInAUnitOfItsOwnThatIsUnloaded() async throws {
    let outcome = try await run(
      shell("cat /proc/self/cgroup; ps -o ppid= -p $$; cat /proc/self/oom_score_adj; umask; pwd"))
    let lines = outcome.stdout.text.split(separator: "\n").map { $0.filter { $0 != " " } }
    #expect(lines.contains { $0.contains("/\(Self.prefix)-") && $0.hasSuffix(".service") })
    #expect(lines.suffix(4) == ["1", "500", "0022", "/"])
    try await eventuallyNoUnits()
  }

  private func eventuallyNoUnits() async throws {
    for _ in 0..<2000 {
      if try await units().isEmpty { return }
      try await Task.sleep(for: .milliseconds(5))
    }
    Issue.record("units are left: \(try await units())")
  }

  @Test func argumentsArePassedUnchanged() async throws {
    let arguments = ["$HOME", "${PATH}", "%n", "%%", "a b", "", "\\x41", "é", "a\nb", "'\"", "-x", ";", "*"]
    let outcome = try await run(request("/usr/bin/printf", ["%s|"] + arguments))
    #expect(outcome.stdout.text == arguments.map { "\($0)|" }.joined())
  }

  @Test func environmentIsExactlyTheRequested() async throws {
    var request = request("/usr/bin/env")
    request.environment = [("PATH", "/bin"), ("LANG", "C.UTF-8"), ("HOME", "/root of%all $x")]
    let outcome = try await run(request)
    #expect(
      Set(outcome.stdout.text.split(separator: "\n")) == [
        "PATH=/bin", "LANG=C.UTF-8", "HOME=/root of%all $x",
      ])
  }

  @Test func programOfAUserHasNoPrivileges() async throws {
    var request = shell(
      "id -un; grep -E '^(Cap(Inh|Prm|Eff|Bnd|Amb)|NoNewPrivs)' /proc/self/status; env | grep -v -e ^PWD= -e ^_= | sort"
    )
    request.user = "daemon"
    request.environment += [("HOME", "/root"), ("LANG", "C")]
    let none = "0000000000000000"
    #expect(
      try await run(request).stdout.text.split(separator: "\n").map { $0.filter { $0 != "\t" } } == [
        "daemon", "CapInh:\(none)", "CapPrm:\(none)", "CapEff:\(none)", "CapBnd:\(none)", "CapAmb:\(none)",
        "NoNewPrivs:1", "HOME=/usr/sbin", "LANG=C", "LOGNAME=daemon", "PATH=/usr/bin:/bin", "USER=daemon",
      ])
  }

  @Test func failedStartHasAReason() async throws {
    #expect(await failure(of: request("/nonexistent/program"))?.reason == .executableNotFound)
    #expect(await failure(of: request("/etc/passwd"))?.reason == .permissionDenied)
    var unknown = shell("true")
    unknown.user = "no-such-user-here"
    #expect(await failure(of: unknown)?.reason == .unknownUser)
    #expect(await failure(of: request("relative"))?.reason == .invalidRequest)
    try await eventuallyNoUnits()
  }

  @Test func largeOutputIsTruncatedAndForwarded() async throws {
    let received = Locked(0)
    var request = shell("seq 200000", outputLimit: 1000)
    request.onOutput = { _, bytes in received.withLock { $0 += bytes.count } }
    let outcome = try await run(request)
    #expect(outcome.stdout.totalBytes == 1_288_895)
    #expect(outcome.stdout.bytes.count == 1000)
    #expect(received.withLock { $0 } == 1_288_895)
  }

  @Test(arguments: ProcessCancellationTests.trees)
  func cancellationTerminatesTheWholeTree(_ tree: ProcessCancellationTests.Tree) async throws {
    let mark = uniqueSleep()
    let outcome = try await cancelled(shell("echo started; " + tree.script(mark))) {
      processes(having: mark).count == tree.marked
    }
    #expect(outcome.ending == .terminated)
    #expect(outcome.stdout.text == "started\n")
    #expect(processes(having: mark).isEmpty)
    try await eventuallyNoUnits()
  }

  private func cancelled(
    _ request: ProcessRequest, when isReady: @escaping @Sendable () -> Bool
  ) async throws -> ProcessOutcome {
    try await withThrowingTaskGroup(of: ProcessOutcome.self) { group in
      group.addTask { [runner] in try await runner.run(request) }
      try await eventually("the program runs") { isReady() }
      group.cancelAll()
      return try #require(try await group.next())
    }
  }

  /// systemd receives the start call after the run was cancelled, as a sent call cannot be revoked.
  @Test func noProgramRunsAfterACancelledStart() async throws {
    let mark = uniqueSleep()
    let bus = try #require(try await Systemd.shared.service("dbus.service").mainPID)
    kill(bus, SIGSTOP)
    defer { kill(bus, SIGCONT) }
    let before = names(in: "/proc/self/fd").count
    let outcome = try await withThrowingTaskGroup(of: ProcessOutcome.self) { group in
      group.addTask { [runner] in try await runner.run(shell("exec sleep \(mark)")) }
      try await eventually("it is being started") { names(in: "/proc/self/fd").count >= before + 4 }
      group.cancelAll()
      // For longer than a stopped run waits.
      try await Task.sleep(for: .milliseconds(900))
      kill(bus, SIGCONT)
      return try #require(try await group.next())
    }
    #expect(outcome.ending == .terminated)
    #expect(processes(having: mark).isEmpty)
    try await eventuallyNoUnits()
    #expect(processes(having: mark).isEmpty)
  }

  @Test func runInACancelledTaskStartsNothing() async throws {
    let outcome = try await withThrowingTaskGroup(of: ProcessOutcome.self) { group in
      group.cancelAll()
      group.addTask { [runner] in try await runner.run(shell("echo x")) }
      return try #require(try await group.next())
    }
    #expect(outcome.ending == .terminated)
    #expect(outcome.stdout.totalBytes == 0)
  }

  @Test func backgroundProcessesAreNotTerminated() async throws {
    let mark = uniqueSleep()
    let outcome = try await run(shell("sleep \(mark) & sleep \(mark) >/dev/null 2>&1 & echo done"))
    #expect(outcome.ending == .exited(0))
    #expect(outcome.stdout.text == "done\n")
    let left = processes(having: mark)
    #expect(left.count == 2)
    for pid in left { kill(pid, SIGKILL) }
  }

  @Test func leftoversAreTerminatedByPurpose() async throws {
    let mark = uniqueSleep()
    let other = uniqueSleep()
    for (mark, purpose) in [(mark, "one"), (other, "two")] {
      var request = shell("setsid sleep \(mark) >/dev/null 2>&1 & true")
      request.purpose = purpose
      _ = try await run(request)
    }
    await ServiceRunner(prefix: Self.prefix).endLeftovers(of: "one")
    #expect(processes(having: mark).isEmpty)
    #expect(processes(having: other).count == 1)
    await runner.endLeftovers(of: "two")
    #expect(processes(having: other).isEmpty)
  }

  @Test func runsAreConcurrent() async throws {
    try await withThrowingTaskGroup(of: (Int, ProcessOutcome).self) { group in
      for number in 0..<40 {
        group.addTask { [runner] in (number, try await runner.run(shell("echo \(number); exit \(number)"))) }
      }
      for try await (number, outcome) in group {
        #expect(outcome.ending == .exited(Int32(number)))
        #expect(outcome.stdout.text == "\(number)\n")
      }
    }
    try await eventuallyNoUnits()
  }

  /// A reload recreates all units from the files that systemd has written for them.
  @Test func reloadOfSystemdKeepsTransientServices() async throws {
    try await withThrowingTaskGroup(of: Bool.self) { group in
      group.addTask {
        for _ in 0..<10 { try await systemctl("daemon-reload") }
        return true
      }
      for number in 0..<60 {
        // Without `$` and `;`, which systemd 252 does not parse as it has written them.
        let script = "printf '%s %%n \\\\ \"é\"' \(number) && exit 5"
        let outcome = try await run(request("/bin/sh", ["-c", script]))
        #expect(outcome.ending == .exited(5))
        #expect(outcome.stdout.text == "\(number) %n \\ \"é\"")
      }
      _ = try await group.next()
    }
  }

  /// Prints the latency without a check.
  @Test func latency() async throws {
    for (name, runner) in [("child", ProcessRunner()), ("service", runner)] as [(String, any ProgramRunner)] {
      _ = try await runner.run(request("/bin/true"))
      var times: [Duration] = []
      let before = cpuTime()
      for _ in 0..<200 {
        let start = ContinuousClock.now
        _ = try await runner.run(request("/bin/true"))
        times.append(.now - start)
      }
      times.sort()
      print(
        "latency of a \(name): p50 \(times[100]) p90 \(times[180]) max \(times[199]), own CPU \((cpuTime() - before) / 200) µs"
      )
    }
  }

  private func cpuTime() -> Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1_000_000 + Int(usage.ru_utime.tv_usec)
      + Int(usage.ru_stime.tv_usec)
  }
}
