import AgentProtocol
import Glibc
import HostControl
import JSON
import Locks
import Logging
import Testing

@testable import AgentCore

@Suite(.timeLimit(.minutes(1))) struct ExecTests {
  private let exec = Exec(
    runner: ProcessRunner(), environment: Exec.environment(from: ["PATH": "/bin", "API_KEY": "secret"]),
    logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  private let policy = CommandPolicy(
    allowedOperations: ["exec"],
    executables: ExecutableAllowlist([
      .init(path: "/bin/sh"), .init(path: "/usr/bin/env", timeLimit: .seconds(3)),
    ]))
  private let context = CommandContext(commandID: "c", outputLimit: 10_000)

  private func run(_ script: String) async throws -> OperationOutcome {
    await exec.run(
      try exec.parameters(from: ["command": "/bin/sh", "args": ["-c", .string(script)]], under: policy),
      in: context)
  }

  @Test func outputAndExitCodeAreReturned() async throws {
    #expect(
      try await run("echo out; echo err >&2")
        == .completed(["stdout": "out\n", "stderr": "err\n", "exit_code": 0]))
  }

  @Test func failureIncludesOutput() async throws {
    #expect(
      try await run("echo out; echo err >&2; exit 3")
        == .failed(.failed, "exit code 3", output: ["stdout": "out\n", "stderr": "err\n", "exit_code": 3]))
  }

  @Test func signalIsAFailure() async throws {
    #expect(
      try await run("kill -9 $$")
        == .failed(.failed, "ended by signal 9", output: ["stdout": "", "stderr": "", "exit_code": 137]))
  }

  @Test func environmentContainsNoSecrets() async throws {
    guard
      case .completed(let output, _, _) = try await run(
        "env | sort | cut -d= -f1 | grep -vE '^(PWD|SHLVL|_)$'")
    else {
      Issue.record("it failed")
      return
    }
    #expect(output?.objectValue?["stdout"] == "HOME\nLANG\nPATH\n")
  }

  @Test func missingProgramIsAFailure() async throws {
    let policy = CommandPolicy(
      allowedOperations: ["exec"], executables: ExecutableAllowlist([.init(path: "/nonexistent/program")]))
    let parameters = try exec.parameters(from: ["command": "/nonexistent/program"], under: policy)
    guard case .failed(.failed, let message, nil, false) = await exec.run(parameters, in: context) else {
      Issue.record("it did not fail")
      return
    }
    #expect(message.contains("/nonexistent/program"))
  }

  @Test(
    arguments: [
      [:], ["command": 5], ["command": ""], ["command": "/bin/sh", "args": "x"],
      ["command": "/bin/sh", "args": [1]],
      ["command": "/bin/sh", "args": ["a\0b"]], ["command": "/bin/sh", "args": [["x"]]],
    ] as [JSONObject])
  func invalidParametersAreRejected(params: JSONObject) {
    #expect { try exec.parameters(from: params, under: policy) } throws: {
      ($0 as? Refusal)?.code == .invalidParams
    }
  }

  @Test(
    arguments: [
      ["command": "/bin/ls"], ["command": "sh"], ["command": "/bin/../bin/sh"], ["command": "/bin//sh"],
    ] as [JSONObject])
  func unlistedCommandsAreNotPermitted(params: JSONObject) {
    #expect { try exec.parameters(from: params, under: policy) } throws: {
      ($0 as? Refusal)?.code == .notPermitted
    }
  }

  @Test func entryLimitsTheTime() throws {
    let limited = try exec.parameters(from: ["command": "/usr/bin/env", "args": [:]], under: policy)
    #expect(exec.timeLimit(for: limited) == .seconds(3))
    #expect(
      exec.timeLimit(for: try exec.parameters(from: ["command": "/bin/sh", "args": nil], under: policy))
        == nil)
  }

  @Test(.enabled(if: geteuid() == 0, "only root can become another user"))
  func programRunsAsTheUserOfTheEntry() async throws {
    let policy = CommandPolicy(
      allowedOperations: ["exec"],
      executables: ExecutableAllowlist([.init(path: "/bin/sh", user: "daemon")]))
    let parameters = try exec.parameters(
      from: ["command": "/bin/sh", "args": ["-c", "id -un; echo $HOME $USER"]], under: policy)
    #expect(
      await exec.run(parameters, in: context)
        == .completed(["stdout": "daemon\n/usr/sbin daemon\n", "stderr": "", "exit_code": 0]))
  }

  @Test func unknownUserIsAFailure() async throws {
    let policy = CommandPolicy(
      allowedOperations: ["exec"],
      executables: ExecutableAllowlist([.init(path: "/bin/sh", user: "no-such-user-here")]))
    let parameters = try exec.parameters(from: ["command": "/bin/sh"], under: policy)
    guard case .failed(.failed, let message, nil, false) = await exec.run(parameters, in: context) else {
      Issue.record("it did not fail")
      return
    }
    #expect(message.contains("no-such-user-here: there is no such user"))
  }

  @Test func startAndOutputAreReported() async throws {
    let started = Locked<[ProcessIdentity]>([])
    let sink = RecordingSink()
    let context = CommandContext(commandID: "c", outputLimit: 10_000, progress: sink) { identity in
      started.withLock { $0.append(identity) }
    }
    let parameters = try exec.parameters(
      from: ["command": "/bin/sh", "args": ["-c", "echo $$; echo err >&2"]], under: policy)
    guard case .completed(let output, _, _) = await exec.run(parameters, in: context) else {
      Issue.record("it failed")
      return
    }
    let pid = try #require(started.withLock { $0 }.first?.pid)
    #expect(sink.text(.stdout) == "\(pid)\n")
    #expect(sink.text(.stderr) == "err\n")
    #expect(output?.objectValue?["stdout"] == .string("\(pid)\n"))
  }
}

/// Records the output.
private final class RecordingSink: ProgressSink {
  private let state = Locked<[ProgressStream: [UInt8]]>([:])

  func write(_ stream: ProgressStream, _ bytes: [UInt8]) {
    state.withLock { $0[stream, default: []] += bytes }
  }

  func text(_ stream: ProgressStream) -> String {
    String(decoding: state.withLock { $0[stream] ?? [] }, as: UTF8.self)
  }
}
