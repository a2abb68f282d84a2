import Glibc
import HostControl
import Testing

/// Tests that need a process of their own.
@Suite struct ProcessResourceTests {
  @Test func runsLeakNoDescriptorsAndNoZombies() async {
    await #expect(processExitsWith: .success) {
      let before = try await descriptorCountAfterWarmUp()
      for round in 0..<200 {
        switch round % 4 {
        case 0: _ = try await ProcessRunner().run(request("/bin/true"))
        case 1: _ = try await ProcessRunner().run(shell("echo x; exit 3"))
        case 2: _ = try? await ProcessRunner().run(request("/nonexistent"))
        default: _ = try await ProcessRunner().run(shell("kill -9 $$"))
        }
      }
      #expect(names(in: "/proc/self/fd").count == before)
      try await eventually("all are reaped") { zombies().isEmpty }
    }
  }

  @Test func cancellationAtAnyTimeLeavesNothing() async {
    await #expect(processExitsWith: .success) {
      let before = try await descriptorCountAfterWarmUp()
      let mark = uniqueSleep()
      for round in 0..<200 {
        try await withThrowingTaskGroup(of: ProcessOutcome.self) { group in
          group.addTask { try await ProcessRunner().run(shell("sleep \(mark) & sleep \(mark); true")) }
          // Moments from before the start to after the shell has started its children.
          for _ in 0..<(round % 50) * 20 { await Task.yield() }
          if round % 5 == 0 { try await Task.sleep(for: .microseconds(100 * round)) }
          group.cancelAll()
          #expect(try await group.next()?.ending == .terminated)
        }
      }
      #expect(processes(having: mark).isEmpty)
      try await eventually("all are reaped") { zombies().isEmpty }
      #expect(names(in: "/proc/self/fd").count == before)
    }
  }

  @Test func memoryIsBounded() async {
    await #expect(processExitsWith: .success) {
      func residentKilobytes() -> Int {
        let text = String(decoding: contents("/proc/self/status") ?? [], as: UTF8.self)
        let line = text.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
        return Int(line.split(whereSeparator: { " \t".contains($0) })[1]) ?? 0
      }
      _ = try await ProcessRunner().run(shell("head -c 1000000 /dev/zero"))
      let before = residentKilobytes()
      let outcome = try await ProcessRunner().run(shell("head -c 200000000 /dev/zero"))
      #expect(outcome.stdout.totalBytes == 200_000_000)
      #expect(outcome.stdout.bytes.count == 64 * 1024)
      #expect(residentKilobytes() - before < 4096)
    }
  }

  @Test func umaskIsSetForTheProgramOnly() async {
    await #expect(processExitsWith: .success) {
      umask(0o077)
      let result1 = try await ProcessRunner().run(shell("umask"))
      #expect(result1.stdout.text == "0022\n")
      #expect(umask(0o077) == 0o077)
    }
  }

  @Test func closedStandardStreamsOfThisProcessHaveNoEffect() async {
    await #expect(processExitsWith: .success) {
      close(0)
      let outcome = try await ProcessRunner().run(shell("echo out; echo err >&2; cat"))
      #expect(outcome.stdout.text == "out\n")
      #expect(outcome.stderr.text == "err\n")
    }
  }

  @Test func ignoredSignalsAreNotInherited() async {
    await #expect(processExitsWith: .success) {
      signal(SIGPIPE, SIG_IGN)
      signal(SIGTERM, SIG_IGN)
      let result2 = try await ProcessRunner().run(shell("kill -TERM $$"))
      #expect(result2.ending == .signalled(SIGTERM))
    }
  }

  @Test func threadsSleepWithoutPrograms() async {
    await #expect(processExitsWith: .success) {
      func switches() -> [String: Int] {
        names(in: "/proc/self/task").reduce(into: [:]) { found, thread in
          let text = String(decoding: contents("/proc/self/task/\(thread)/status") ?? [], as: UTF8.self)
          guard text.hasPrefix("Name:\tprocess-") else { return }
          let line = text.split(separator: "\n").first { $0.hasPrefix("voluntary_ctxt_switches:") } ?? ""
          found[thread] = Int(line.split(separator: "\t")[1])
        }
      }
      for _ in 0..<20 { _ = try await ProcessRunner().run(request("/bin/true")) }
      try await Task.sleep(for: .milliseconds(50))
      let before = switches()
      #expect(before.count == 2)
      try await Task.sleep(for: .milliseconds(300))
      #expect(switches() == before)
    }
  }
}
