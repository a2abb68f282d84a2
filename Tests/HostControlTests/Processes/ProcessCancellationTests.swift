import Glibc
import HostControl
import Testing

/// Serialised, as each reads the whole process table many times.
@Suite(.serialized) struct ProcessCancellationTests {
  /// A process tree, and how many of its processes have the mark.
  struct Tree: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let script: @Sendable (_ mark: String) -> String
    let marked: Int
  }

  static let trees = [
    Tree(testDescription: "the program alone", script: { "exec sleep \($0)" }, marked: 1),
    Tree(testDescription: "a child that holds the output", script: { "sleep \($0); true" }, marked: 1),
    Tree(testDescription: "a pipeline", script: { "sleep \($0) | sleep \($0) | cat" }, marked: 2),
    Tree(testDescription: "background processes", script: { "sleep \($0) & sleep \($0) & wait" }, marked: 2),
    Tree(
      testDescription: "a session of its own", script: { "setsid sleep \($0) & sleep \($0); true" }, marked: 2
    ),
    Tree(
      testDescription: "sessions within sessions",
      script: { "setsid sh -c 'setsid sleep \($0) & sleep \($0); true' & wait" }, marked: 2),
    Tree(
      testDescription: "an orphan in the group", script: { "(sleep \($0) & true); sleep \($0); true" },
      marked: 2),
    Tree(testDescription: "a stopped child", script: { "sh -c 'kill -STOP $$' \($0) & wait" }, marked: 1),
    Tree(
      testDescription: "processes that ignore SIGTERM",
      script: { "trap '' TERM; sleep \($0) & setsid sleep \($0) & wait" },
      marked: 2),
    Tree(
      testDescription: "a new process on SIGTERM",
      script: { "trap 'setsid sleep \($0)' TERM; sleep \($0) & wait; true" }, marked: 1),
  ]

  @Test(arguments: trees)
  func cancellationTerminatesTheWholeTree(_ tree: Tree) async throws {
    let mark = uniqueSleep()
    let (outcome, delay) = try await runAndCancel(shell("echo started; " + tree.script(mark))) {
      processes(having: mark).count == tree.marked
    }
    #expect(outcome.ending == .terminated)
    #expect(outcome.stdout.text == "started\n")
    #expect(processes(having: mark).isEmpty)
    #expect(delay < .seconds(40))
  }

  @Test func cancellationSendsSIGTERMFirst() async throws {
    let mark = uniqueSleep()
    let script = "trap 'echo cleaned; exit 0' TERM; sleep \(mark) & wait"
    let (outcome, _) = try await runAndCancel(shell(script, grace: .seconds(20))) {
      !processes(having: mark).isEmpty
    }
    #expect(outcome.ending == .terminated)
    #expect(outcome.stdout.text == "cleaned\n")
    #expect(outcome.duration < .seconds(15))
  }

  @Test func zeroGraceKillsAtOnce() async throws {
    let mark = uniqueSleep()
    let (outcome, _) = try await runAndCancel(shell("trap '' TERM; sleep \(mark); true", grace: .zero)) {
      !processes(having: mark).isEmpty
    }
    #expect(outcome.ending == .terminated)
    #expect(processes(having: mark).isEmpty)
  }

  @Test func runInACancelledTaskStartsNothing() async throws {
    let path = "/tmp/hostcontrol-\(getpid())-\(UInt64.random(in: 0 ... .max))"
    let outcome = try await withThrowingTaskGroup(of: ProcessOutcome.self) { group in
      group.cancelAll()
      group.addTask { try await ProcessRunner().run(request("/usr/bin/touch", [path])) }
      return try #require(try await group.next())
    }
    #expect(outcome.ending == .terminated)
    #expect(access(path, F_OK) != 0)
  }

  @Test func cancellationSparesOtherRuns() async throws {
    let mark = uniqueSleep()
    let other = uniqueSleep()
    try await withThrowingTaskGroup(of: ProcessOutcome.self) { group in
      group.addTask { try await ProcessRunner().run(shell("setsid sleep \(other) & wait")) }
      try await eventually("the other runs") { !processes(having: other).isEmpty }
      _ = try await runAndCancel(shell("sleep \(mark); true")) { !processes(having: mark).isEmpty }
      #expect(processes(having: other).count == 1)
      group.cancelAll()
      #expect(try await group.next()?.ending == .terminated)
    }
    #expect(processes(having: other).isEmpty)
  }

  @Test func cancellationTerminatesAForkBomb() async throws {
    let mark = uniqueSleep()
    // Each process waits for two more, to a depth of 6: up to 127, forked while they are collected.
    let script = """
      f() { [ $1 -gt 0 ] || exec sleep \(mark); f $(($1 - 1)) & setsid sh -c "$0" "$0" $(($1 - 1)) & wait; }
      f ${1:-6}
      """
    let bomb = request("/bin/sh", ["-c", script, script, "6"])
    let (outcome, _) = try await runAndCancel(bomb) { processes(having: mark).count > 10 }
    #expect(outcome.ending == .terminated)
    #expect(processes(having: mark).isEmpty)
    #expect(processes(having: script).isEmpty)
  }

  /// Without descriptors the process table cannot be read, but the program itself must be terminated.
  @Test func cancellationTerminatesTheProgramWithoutDescriptors() async {
    await #expect(processExitsWith: .success) {
      let mark = uniqueSleep()
      _ = try await descriptorCountAfterWarmUp()
      try await withThrowingTaskGroup(of: ProcessOutcome.self) { group in
        group.addTask { try await ProcessRunner().run(shell("sleep \(mark); true")) }
        try await eventually("the program runs") { processes(having: mark).count == 1 }
        setDescriptorLimit(names(in: "/proc/self/fd").count)
        group.cancelAll()
        let ending = try await group.next()?.ending
        setDescriptorLimit(nil)
        #expect(ending == .terminated)
      }
      try await eventually("it is gone") { processes(having: mark).isEmpty && zombies().isEmpty }
    }
  }
}
