import Glibc
import Locks
import Testing

@testable import HostControl

@Suite(.serialized) struct LeftoverProcessTests {
  /// Runs `body` while a program is running that has started `count` processes.
  private func withLeftover(
    _ script: (_ mark: String) -> String, count: Int,
    _ body: (ProcessIdentity, _ mark: String) async throws -> Void
  ) async throws {
    let mark = uniqueSleep()
    let started = Locked<ProcessIdentity?>(nil)
    var leftover = shell(script(mark))
    leftover.onStart = { identity in started.withLock { $0 = identity } }
    let request = leftover
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { _ = try await ProcessRunner().run(request) }
      try await eventually("the program runs") {
        started.withLock { $0 != nil } && processes(having: mark).count == count
      }
      try await body(try #require(started.withLock { $0 }), mark)
      group.cancelAll()
    }
  }

  @Test(arguments: [
    ("sleep %; true", 1), ("sleep % & setsid sleep % & wait", 2),
    ("trap '' TERM; sleep % & sleep % & wait", 2),
  ])
  func endTerminatesAProgramAndItsDescendants(script: String, count: Int) async throws {
    try await withLeftover({ Self.marked(script, $0) }, count: count) { identity, mark in
      await LeftoverProcess.end(identity)
      #expect(processes(having: mark).isEmpty)
    }
  }

  @Test func endTerminatesDescendantsOfAProgramThatHasEnded() async throws {
    let script = "(sleep % & sh -c 'setsid sleep % & wait' & true) >/dev/null 2>&1; exit 0"
    try await withLeftover({ Self.marked(script, $0) }, count: 2) { identity, mark in
      try await eventually("the program has ended") { contents("/proc/\(identity.pid)/stat") == nil }
      await LeftoverProcess.end(
        ProcessIdentity(pid: identity.pid, startTicks: identity.startTicks + 1_000_000))
      #expect(processes(having: mark).count == 2, "they are older than that program")
      await LeftoverProcess.end(identity)
      #expect(processes(having: mark).isEmpty)
    }
  }

  /// The PID of an ended program may have been reused by a daemon whose session has survived it.
  @Test func remainsAreOnlyProcessesInTheSameControlGroup() async throws {
    let script = "(sleep % & true) >/dev/null 2>&1; exit 0"
    try await withLeftover({ Self.marked(script, $0) }, count: 1) { identity, mark in
      try await eventually("the program has ended") { contents("/proc/\(identity.pid)/stat") == nil }
      let own = try #require(contents("/proc/self/cgroup"))
      guard
        case .remains(identity.pid, identity.startTicks, own)? = LeftoverProcess.root(
          for: identity, record: nil)
      else {
        Issue.record("the control group is ignored")
        return
      }
      let elsewhere = ProcessTree.Root.remains(
        of: identity.pid, startedAt: identity.startTicks, controlGroups: Array("0::/elsewhere.service\n".utf8)
      )
      await LeftoverProcess.end(elsewhere, grace: .zero)
      #expect(processes(having: mark).count == 1)
      await LeftoverProcess.end(identity)
      #expect(processes(having: mark).isEmpty)
    }
  }

  @Test func processWithAReusedPIDIsNotTerminated() async throws {
    try await withLeftover({ Self.marked("sleep %; true", $0) }, count: 1) { identity, mark in
      await LeftoverProcess.end(ProcessIdentity(pid: identity.pid, startTicks: identity.startTicks - 1))
      #expect(processes(having: mark).count == 1)
    }
  }

  @Test func endOfAMissingProcessReturns() async {
    await LeftoverProcess.end(ProcessIdentity(pid: 4_194_303, startTicks: 1))
  }

  @Test func endIsNotCancelledWithItsTask() async throws {
    try await withLeftover({ Self.marked("trap '' TERM; sleep % & wait", $0) }, count: 1) { identity, mark in
      await withTaskGroup(of: Void.self) { group in
        group.cancelAll()
        group.addTask { await LeftoverProcess.end(identity) }
      }
      #expect(processes(having: mark).isEmpty)
    }
  }

  private static func marked(_ script: String, _ mark: String) -> String {
    script.split(separator: "%", omittingEmptySubsequences: false).joined(separator: mark)
  }
}
