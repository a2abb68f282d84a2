import JSON
import NATSTesting
import OperatorCommands
import PlatformAPI
import Testing

/// Failures between `plsctl` and the platform: one line and a distinct exit status each.
@Suite struct PlatformFailureTests {
  @Test(arguments: [
    (APIError.Code.notFound, ProgramStatus.notFound), (.invalid, .usage), (.conflict, .refused),
    (.busy, .refused),
    (.unavailable, .unreachable), (.unknownMethod, .refused), (.init(rawValue: "new"), .refused),
  ])
  func platformErrorCodeDeterminesExitStatus(code: APIError.Code, status: ProgramStatus) async throws {
    try await ScriptedPlatform.with { platform in
      platform.answer(.agentsShow) { _ in .failure(APIError(code, "no agent is called \u{1B}[2Jnobody")) }
      let console = platform.console()
      #expect(await console.run("agents", "show", "nobody") == status)
      #expect(console.errors == "plsctl: no agent is called \\u{1B}[2Jnobody\n")
    }
  }

  @Test func unreachableServerIsReported() async throws {
    let server = try NATSServerProcess.make()
    let console = TestConsole(environment: [
      "PLSCTL_URL": server.url, "PLSCTL_OPERATOR": "admin", "PLSCTL_TOKEN": ScriptedPlatform.token,
    ])
    #expect(await console.run("agents", "list") == .unreachable)
    #expect(console.complaints.count == 1)
    #expect(console.errors.contains(server.url))
  }

  @Test func rejectedCredentialsAreReported() async throws {
    let server = try await NATSServerProcess.start { _ in ScriptedPlatform.serverConfiguration() }
    defer { server.discard() }
    for environment in [
      ["PLSCTL_OPERATOR": "admin", "PLSCTL_TOKEN": "wrong"],
      ["PLSCTL_OPERATOR": "gone", "PLSCTL_TOKEN": ScriptedPlatform.token],
    ] {
      let console = TestConsole(environment: environment.merging(["PLSCTL_URL": server.url]) { $1 })
      #expect(await console.run("agents", "list") == .noPermission)
      #expect(console.complaints.count == 1)
      #expect(console.errors.contains("refuses operator \(environment["PLSCTL_OPERATOR"] ?? "")"))
      #expect(!console.errors.contains(ScriptedPlatform.token))
    }
  }

  @Test func missingPlatformIsReported() async throws {
    let server = try await NATSServerProcess.start { _ in ScriptedPlatform.serverConfiguration() }
    defer { server.discard() }
    for arguments in [["agents", "list"], ["system", "info", "web-1"]] {
      let console = TestConsole(environment: [
        "PLSCTL_URL": server.url, "PLSCTL_OPERATOR": "admin", "PLSCTL_TOKEN": ScriptedPlatform.token,
      ])
      #expect(await console.run(arguments) == .unreachable)
      #expect(
        console.errors == "plsctl: no platform answers at this server: is plusclouds-platform running?\n")
    }
  }

  @Test(arguments: ["nats://127.0.0.1:notaport", "http://x", "nats://"])
  func invalidURLIsReported(url: String) async {
    let console = TestConsole(environment: [
      "PLSCTL_URL": url, "PLSCTL_OPERATOR": "admin", "PLSCTL_TOKEN": "t",
    ])
    #expect(await console.run("status") == .configuration)
    #expect(console.complaints.count == 1)
  }

  @Test func invalidOperatorNameIsReported() async {
    let console = TestConsole(environment: [
      "PLSCTL_URL": "nats://h", "PLSCTL_OPERATOR": "a.>", "PLSCTL_TOKEN": "t",
    ])
    #expect(await console.run("status") == .configuration)
  }

  @Test func insufficientRoleIsReported() async throws {
    try await ScriptedPlatform.with { platform in
      platform.answer(.agentsList, ["agents": [], "next": nil])
      #expect(await platform.console("eve").run("agents", "list") == .done)
      let console = platform.console("eve")
      let start = ContinuousClock.now
      #expect(await console.run("agents", "enroll") == .noPermission)
      #expect(
        console.errors == "plsctl: operator eve may not call agents.enroll: it requires the role admin\n")
      // The server reports the permissions violation, so the command fails without the timeout of 15 s.
      #expect(ContinuousClock.now - start < .seconds(15))
    }
  }

  @Test func malformedReplyIsReported() async throws {
    try await ScriptedPlatform.with { platform in
      platform.answer(.agentsShow, ["surprise": true])
      let console = platform.console()
      #expect(await console.run("agents", "show", "web-1") == .unreachable)
      #expect(console.errors.contains("another version"))
    }
  }

  @Test func submissionWithoutReplyIsRetriedWithSameID() async throws {
    try await ScriptedPlatform.with { platform in
      platform.end("system.info", with: Samples.completed(["hostname": "x"]))
      platform.answer(.commandsSubmit) { params in
        guard platform.asked(.commandsSubmit).count > 1 else { return nil }
        guard var object = params.objectValue else { return nil }
        for (key, value) in [
          "submitted_by": "admin", "submitted_at": 1.0, "expires_at": 2, "state": "pending", "attempts": 0,
          "params": [:],
        ] as [String: JSONValue] { object[key] = value }
        return .result(.object(object))
      }
      let console = platform.console()
      // --timeout is the timeout of a reply.
      #expect(await console.run("system", "info", "web-1", "--timeout", "1s") == .done, "\(console.errors)")
      let ids = platform.asked(.commandsSubmit).map { $0.objectValue?["id"] }
      #expect(ids.count == 2)
      #expect(Set(ids).count == 1)
    }
  }

  @Test func missedCompletionIsLookedUp() async throws {
    try await ScriptedPlatform.with { platform in
      platform.publishCompletions(false)
      platform.end("system.info", with: Samples.completed(["hostname": "looked-up"]))
      platform.answer(.agentsShow, Samples.detail)
      let console = platform.console()
      #expect(await console.run("system", "info", "web-1") == .done, "\(console.errors)")
      #expect(console.output.contains("looked-up"))
      #expect(platform.asked(.commandsShow).count >= 1)
    }
  }

  @Test func waitSurvivesServerRestart() async throws {
    try await ScriptedPlatform.with { platform in
      platform.answer(.agentsShow, Samples.detail)
      let console = platform.console()
      async let status = console.run("system", "info", "web-1")
      while platform.asked(.commandsSubmit).isEmpty { try await Task.sleep(for: .milliseconds(10)) }
      platform.server.stop()
      platform.answer(.commandsShow) { params in
        .result([
          "id": params.objectValue?["id"] ?? "", "agent": "web-1", "operation": "system.info", "params": [:],
          "submitted_by": "admin", "submitted_at": 1.0, "expires_at": 2, "state": "completed", "attempts": 1,
          "result": ["status": "completed", "output": ["hostname": "after"]],
        ])
      }
      try await platform.server.restart()
      #expect(await status == .done, "\(console.errors)")
      #expect(console.output.contains("after"))
    }
  }

  @Test func removedOperatorIsReportedOnReconnect() async throws {
    try await ScriptedPlatform.with { platform in
      platform.answer(.agentsShow, Samples.detail)
      let console = platform.console()
      async let status = console.run("system", "info", "web-1")
      while platform.asked(.commandsSubmit).isEmpty { try await Task.sleep(for: .milliseconds(10)) }
      try platform.server.reload("authorization { users: [ { user: platform, password: platform } ] }")
      #expect(await status == .noPermission)
      #expect(console.errors.contains("the operator was removed"))
    }
  }

  @Test func verboseReportsResponseTimes() async throws {
    try await ScriptedPlatform.with { platform in
      platform.answer(.agentsList, ["agents": [], "next": nil])
      let console = platform.console()
      #expect(await console.run("agents", "list", "-v") == .done)
      #expect(console.complaints.count == 2)
      #expect(console.complaints.first?.contains("connected to 127.0.0.1:") == true)
      #expect(console.complaints.last?.contains("agents.list answered in") == true)
    }
  }

  @Test func allPagesAreRead() async throws {
    try await ScriptedPlatform.with { platform in
      platform.answer(.agentsList) { params in
        let isSecond = params.objectValue?["after"] != nil
        return .result([
          "agents": [Samples.agent(isSecond ? Samples.otherUUID : Samples.uuid)],
          "next": isSecond ? nil : .string(Samples.uuid),
        ])
      }
      let console = platform.console()
      #expect(await console.run("agents", "list", "-q") == .done)
      #expect(console.output == "\(Samples.uuid)\n\(Samples.otherUUID)\n")
    }
  }
}
