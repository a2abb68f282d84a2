import JSON
import NATSTesting
import OperatorCommands
import PlatformAPI
import Testing

/// Failed commands, and `exec`.
@Suite struct EndingTests {
  @Test(
    arguments: [
      (
        Samples.failed("failed", "the unit failed"), ProgramStatus.failed,
        "services.restart failed: the unit failed"
      ),
      (Samples.failed("timed_out", "too slow"), .timedOut, "services.restart failed: too slow (timed_out)"),
      (
        Samples.rejected("not_permitted", "not allowed"), .refused,
        "was refused: not allowed (not_permitted); allow it in the agent's own agent.yaml"
      ),
      (Samples.rejected("expired", "too late"), .timedOut, "was refused: too late (expired)"),
      (["state": "expired"], .timedOut, "expired before the agent ran it"),
      (["state": "unknown"], .timedOut, "whether it ran is not known"),
      (["state": "cancelled"], .failed, "was cancelled"),
      (Samples.failed("failed", "evil \u{1B}[2J\nline"), .failed, "evil \\u{1B}[2J\\nline"),
    ] as [(JSONValue, ProgramStatus, String)])
  func failureIsReportedWithExitStatus(end: JSONValue, status: ProgramStatus, complaint: String) async throws
  {
    try await ScriptedPlatform.with { platform in
      platform.end("services.restart", with: end)
      let console = platform.console()
      #expect(await console.run("services", "restart", "web-1", "nginx") == status)
      #expect(console.complaints.count == 2)
      #expect(console.errors.hasPrefix(Samples.resolved + "plsctl: web-1: "))
      #expect(console.errors.contains(complaint), "\(console.errors)")
    }
  }

  @Test func execExitsWithTheProgramsExitCode() async throws {
    try await ScriptedPlatform.with { platform in
      platform.end(
        "exec",
        with: Samples.failed(
          "failed", "exit code 42", ["stdout": "out\n", "stderr": "err\n", "exit_code": 42]))
      let console = platform.console()
      #expect(await console.run("exec", "web-1", "--", "/bin/false").rawValue == 42)
      #expect(console.output == "out\n")
      #expect(console.errors == Samples.resolved + "err\n")
    }
  }

  @Test func rejectedExecReportsReason() async throws {
    try await ScriptedPlatform.with { platform in
      platform.end("exec", with: Samples.rejected("not_permitted", "/bin/x is not listed"))
      let console = platform.console()
      #expect(await console.run("exec", "web-1", "--", "/bin/x") == .refused)
      #expect(console.errors.contains("/bin/x is not listed"))
    }
  }

  @Test(arguments: [Console.Size(columns: 80, rows: 24), nil])
  func remoteOutputIsEscapedOnTerminal(size: Console.Size?) async throws {
    try await ScriptedPlatform.with { platform in
      platform.end("exec", with: Samples.completed(["stdout": "a\u{1B}[2J\n", "stderr": "", "exit_code": 0]))
      let console = platform.console(size: size)
      #expect(await console.run("exec", "web-1", "--", "/bin/x") == .done)
      #expect(console.output == (size == nil ? "a\u{1B}[2J\n" : "a\\u{1B}[2J\n"))
    }
  }

  @Test func execStreamsOutputAndPrintsRemainder() async throws {
    try await ScriptedPlatform.with { platform in
      platform.answer(.agentsShow, Samples.detail)
      platform.answer(.commandsSubmit) { params in
        let id = params.objectValue?["id"] ?? ""
        func part(_ number: Int64, _ stream: JSONValue, _ data: JSONValue, _ command: JSONValue) throws {
          try platform.publishEvent(
            "progress", ["command_id": command, "seq": .integer(number), "stream": stream, "data": data],
            of: Samples.uuid)
        }
        do {
          try part(1, "stdout", "one\n", id)
          try part(1, "stdout", "another command's", "x")
          try part(2, "stderr", "oops\n", id)
          try platform.publish("no envelope", to: "agent.vm.\(Samples.uuid).evt")
        } catch { return nil }
        guard var object = params.objectValue else { return nil }
        object["submitted_by"] = "admin"
        object["submitted_at"] = 1.0
        object["expires_at"] = 2
        object["state"] = "pending"
        object["attempts"] = 0
        return .result(.object(object))
      }
      platform.end(
        "exec", with: Samples.completed(["stdout": "one\ntwo\n", "stderr": "oops\n", "exit_code": 0]))
      let console = platform.console()
      #expect(await console.run("exec", "web-1", "--stream", "--", "/bin/x") == .done, "\(console.errors)")
      #expect(console.output == "one\ntwo\n")
      #expect(console.errors == Samples.resolved + "oops\n")
      #expect(platform.asked(.commandsSubmit).first?.objectValue?["params"]?.objectValue?["stream"] == true)
    }
  }

  @Test func timeoutAndExpiryAreSubmitted() async throws {
    try await ScriptedPlatform.with { platform in
      platform.end("system.info", with: Samples.completed(["hostname": "x"]))
      _ = await platform.console().run("system", "info", "web-1", "--timeout", "90s")
      _ = await platform.console().run("system", "info", "web-1", "--timeout", "90s", "--expires", "1h")
      _ = await platform.console().run("system", "info", "web-1", "--no-wait")
      let asked = platform.asked(.commandsSubmit).compactMap(\.objectValue)
      #expect(asked.map { $0["timeout_s"]?.integerValue } == [90, 90, nil])
      #expect(asked.map { $0["expires_in_s"]?.integerValue } == [90, 3600, nil])
    }
  }

  @Test func noWaitPrintsAcceptedCommand() async throws {
    try await ScriptedPlatform.with { platform in
      let console = platform.console()
      #expect(await console.run("update", "web-1", "--no-wait") == .done)
      let id = platform.asked(.commandsSubmit).first?.objectValue?["id"]?.stringValue ?? "?"
      #expect(console.output == "\(id)  accepted; plsctl commands wait \(id)\n")
    }
  }

  @Test func timeoutIsReported() async throws {
    try await ScriptedPlatform.with { platform in
      platform.answer(
        .agentsShow,
        [
          "agent": Samples.agent(status: "silent"), "enrolled_at": 1.0, "enrolled_by": "a", "valid_tokens": 1,
          "alerts": [],
        ])
      let console = platform.console()
      #expect(await console.run("system", "info", "web-1", "--timeout", "1s") == .timedOut)
      #expect(console.errors.contains("no result within 4 s; it may still come: plsctl commands wait "))
      #expect(console.errors.contains("web-1 has been silent for 9 s"))
    }
  }

  @Test(arguments: ["reboot web-1", "shutdown web-1", "agents revoke web-1", "operators remove bob"])
  func irreversibleCommandAsksForConfirmation(line: String) async throws {
    let arguments = line.split(separator: " ").map(String.init)
    try await ScriptedPlatform.with { platform in
      let alone = platform.console()
      #expect(await alone.run(arguments) == .usage)
      #expect(alone.errors.contains("--yes"))
      let unwilling = platform.console(answers: ["n"])
      #expect(await unwilling.run(arguments) == .interrupted)
      #expect(unwilling.errors == "plsctl: nothing was done\n")
      if line != "operators remove bob" {
        #expect(alone.errors.contains("\(Samples.uuid) (web-1)"))
      }
      #expect(platform.asked.allSatisfy { $0.method == APIMethod.agentsShow.rawValue })
    }
  }
}
