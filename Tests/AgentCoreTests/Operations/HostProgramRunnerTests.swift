import AgentProtocol
import Glibc
import HostControl
import JSON
import Locks
import Logging
import TestFiles
import Testing

@testable import AgentCore

@Suite(.timeLimit(.minutes(2))) struct HostProgramRunnerTests {
  private static let runsServices = geteuid() == 0 && access("/run/systemd/system", F_OK) == 0
  private let exec = Exec(
    runner: HostProgramRunner(
      prefix: "plusclouds-exec", logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }),
    environment: Exec.environment(from: ["PATH": "/usr/bin:/bin", "HOME": "/root"]),
    logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  private let policy = CommandPolicy(
    allowedOperations: ["exec"], executables: ExecutableAllowlist([.init(path: "/bin/sh")]))

  private func run(_ script: String, in context: CommandContext) async throws -> OperationOutcome {
    await exec.run(
      try exec.parameters(from: ["command": "/bin/sh", "args": ["-c", .string(script)]], under: policy),
      in: context)
  }

  @Test func programRunsInAUnitOrAsAChild() async throws {
    let context = CommandContext(commandID: "c", outputLimit: 10_000)
    let script = "grep -c plusclouds-exec- /proc/self/cgroup; env | grep -v -e ^PWD= -e ^_= | sort; exit 3"
    guard case .failed(.failed, "exit code 3", let output, false) = try await run(script, in: context) else {
      Issue.record("unexpected outcome")
      return
    }
    let lines = output?.objectValue?["stdout"]?.stringValue?.split(separator: "\n") ?? []
    #expect((lines.first != "0") == Self.runsServices)
    #expect(lines.dropFirst().map { $0.prefix { $0 != "=" } } == ["HOME", "LANG", "PATH"])
  }

  /// The `sleep` process stands for one that outlives a killed agent.
  @Test(arguments: [true, false])
  func resumeEndsProcessesOfTheSameBootOnly(isSameBoot: Bool) async throws {
    let id = "resumed-\(UInt64.random(in: 0 ... .max))"
    let started = Locked<[ProcessIdentity]>([])
    let context = CommandContext(commandID: id, outputLimit: 10_000) { identity in
      started.withLock { $0.append(identity) }
    }
    guard
      case .completed(let output, _, _) = try await run(
        "sleep 60 >/dev/null 2>&1 & echo $!", in: context),
      let pid = output?.objectValue?["stdout"]?.stringValue.flatMap({ pid_t($0.filter(\.isNumber)) })
    else {
      Issue.record("it failed")
      return
    }
    defer { kill(pid, SIGKILL) }
    let interrupted = InterruptedRun(
      commandID: id, operation: "exec", startedAt: 0, bootID: isSameBoot ? BootID.current : "another",
      processes: started.withLock { $0 })
    #expect(await exec.resume(interrupted, in: context) == nil)
    #expect(Self.isRunning(pid) == !isSameBoot)
  }

  private static func isRunning(_ pid: pid_t) -> Bool {
    guard let line = TemporaryFolder.read("/proc/\(pid)/stat") else { return false }
    return !line.contains(") Z")
  }
}
