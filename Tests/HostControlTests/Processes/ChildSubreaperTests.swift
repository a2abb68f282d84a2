import Glibc
import HostControl
import Testing

/// Each test runs in a process of its own, which stays a subreaper.
@Suite struct ChildSubreaperTests {
  @Test func cancellationTerminatesDescendantsThatForkedTwice() async {
    await #expect(processExitsWith: .success) {
      try ChildSubreaper.enable()
      let mark = uniqueSleep()
      let (outcome, _) = try await runAndCancel(
        shell("(setsid sh -c 'setsid sleep \(mark) & exit' &) ; sleep \(mark); true")
      ) {
        processes(having: mark).count == 2
      }
      #expect(outcome.ending == .terminated)
      #expect(processes(having: mark).isEmpty)
      try await eventually("all are reaped") { zombies().isEmpty }
    }
  }

  /// Cancelling a run does not terminate a daemon of an earlier run.
  @Test func cancellationSparesDaemonsOfEarlierRuns() async {
    await #expect(processExitsWith: .success) {
      try ChildSubreaper.enable()
      let daemon = uniqueSleep()
      let mark = uniqueSleep()
      let script = "setsid sleep \(daemon) > /dev/null 2>&1 & true"
      let result1 = try await ProcessRunner().run(shell(script))
      #expect(result1.ending == .exited(0))
      try await eventually("the daemon runs") { processes(having: daemon).count == 1 }
      _ = try await runAndCancel(shell("sleep \(mark); true")) { processes(having: mark).count == 1 }
      #expect(processes(having: daemon).count == 1)
      #expect(processes(having: mark).isEmpty)
      for pid in processes(having: daemon) { kill(pid, SIGKILL) }
      try await eventually("the daemon is reaped") { zombies().isEmpty }
    }
  }

  @Test func childrenOfOtherCodeAreNotReaped() async {
    await #expect(processExitsWith: .success) {
      try ChildSubreaper.enable()
      var pid: pid_t = 0
      let words: [String] = ["sh", "-c", "exit 9"]
      var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
      #expect(posix_spawn(&pid, "/bin/sh", nil, nil, &arguments, environ) == 0)
      try await eventually("it has ended") { zombies() == [pid] }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for code in 0..<40 as Range<Int32> {
          group.addTask {
            let script = "(setsid true &); exit \(code)"
            let result2 = try await ProcessRunner().run(shell(script))
            #expect(result2.ending == .exited(code))
          }
        }
        try await group.waitForAll()
      }
      try await eventually("the orphans are reaped") { zombies() == [pid] }
      var status: Int32 = 0
      #expect(waitpid(pid, &status, 0) == pid)
      #expect(status == 9 << 8)
      for argument in arguments { free(argument) }
    }
  }
}
