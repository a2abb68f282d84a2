import JSON
import Locks
import NATSTesting
import OperatorCommands
import PlatformAPI
import Testing

/// `plsctl run` against a scripted platform.
@Suite struct RunTests {
  private static let uuids = (1...6).map { "0000000\($0)-0000-4000-8000-000000000000" }

  /// Scripts six agents; the commands of `failing` fail.
  private func prepare(_ platform: ScriptedPlatform, failing: Set<String> = [], silent: Set<String> = []) {
    platform.answer(
      .agentsList,
      [
        "agents": .array(
          Self.uuids.enumerated().map { index, uuid in
            Samples.agent(uuid, "web-\(index + 1)", status: silent.contains(uuid) ? "silent" : "alive")
          }), "next": nil,
      ])
    platform.answer(.commandsSubmit) { params in
      guard var object = params.objectValue, let agent = object["agent"]?.stringValue else { return nil }
      let end =
        failing.contains(agent) ? Samples.failed("failed", "no luck") : Samples.completed(["message": "fine"])
      for member in end.objectValue?.members ?? [] { object[member.key] = member.value }
      for (key, value) in [
        "submitted_by": "admin", "submitted_at": 1.0, "expires_at": 2, "params": object["params"] ?? [:],
      ]
        as [String: JSONValue]
      {
        object[key] = value
      }
      return .result(.object(object))
    }
  }

  private func agents(_ platform: ScriptedPlatform) -> [String] {
    platform.asked(.commandsSubmit).compactMap { $0.objectValue?["agent"]?.stringValue }
  }

  @Test func canariesRunFirst() async throws {
    try await ScriptedPlatform.with { platform in
      prepare(platform)
      let console = platform.console()
      let status = await console.run(
        "run", "-l", "env=prod", "--canary", "1", "--batch", "2", "--yes", "services.restart", "name=nginx")
      #expect(status == .done, "\(console.errors)")
      #expect(agents(platform).first == Self.uuids[0])
      #expect(Set(agents(platform).dropFirst().prefix(2)) == Set(Self.uuids[1...2]))
      #expect(Set(agents(platform)) == Set(Self.uuids))
      #expect(platform.asked(.agentsList).first?.objectValue?["selector"] == "env=prod")
      #expect(platform.asked(.commandsSubmit).first?.objectValue?["params"] == ["name": "nginx"])
      #expect(console.output.contains("web-6"))
      #expect(console.errors.contains("6 done, 0 failed"))
    }
  }

  @Test func stoppedRunResumesFromRecord() async throws {
    let folder = try FileTree.makeTemporary()
    defer { FileTree.remove(folder) }
    try await ScriptedPlatform.with { platform in
      prepare(platform, failing: [Self.uuids[1], Self.uuids[2]])
      let line = [
        "run", "--all", "--batch", "2", "--max-failures", "2", "--record", "\(folder)/record", "-y",
        "system.info",
      ]
      let console = platform.console()
      #expect(await console.run(line + ["-o", "json"]) == .failed)
      let summary = try console.json().objectValue
      #expect(summary?["stopped"] == true)
      #expect(summary?["completed"] == 2)
      #expect(summary?["failed"] == 2)
      #expect(summary?["not_started"] == [.string(Self.uuids[4]), .string(Self.uuids[5])])
      #expect(console.errors.contains("stopped; repeat the same command to continue with the rest"))
      #expect(agents(platform).count == 4)

      prepare(platform)
      let again = platform.console()
      #expect(await again.run(line) == .done, "\(again.errors)")
      // Two completed; the two that failed are retried with new ids.
      #expect(Set(agents(platform).dropFirst(4)) == Set([1, 2, 4, 5].map { Self.uuids[$0] }))
      #expect(Set(platform.asked(.commandsSubmit).map { $0.objectValue?["id"] }).count == 8)
      let third = platform.console()
      #expect(await third.run(line) == .done)
      #expect(third.errors.contains("all 6 agents are done"))
      #expect(agents(platform).count == 8)
      let other = platform.console()
      #expect(await other.run("run", "--all", "--record", "\(folder)/record", "-y", "vm.reboot") == .usage)
      #expect(other.errors.contains("another operation"))
    }
  }

  @Test func pendingCommandIsResubmittedUnderItsID() async throws {
    let folder = try FileTree.makeTemporary()
    defer { FileTree.remove(folder) }
    try await ScriptedPlatform.with { platform in
      prepare(platform)
      try FileTree.write(
        """
        {"agent":"\(Self.uuids[0])","command":"the-first-id","state":"submitted","operation":"system.info","params":null}
        {"agent":"\(Self.uuids[1])","comm
        """, to: "\(folder)/record")
      let console = platform.console()
      #expect(
        await console.run("run", "--all", "--record", "\(folder)/record", "-y", "system.info") == .done,
        "\(console.errors)")
      let first = platform.asked(.commandsSubmit).first {
        $0.objectValue?["agent"]?.stringValue == Self.uuids[0]
      }
      #expect(first?.objectValue?["id"] == "the-first-id")
    }
  }

  @Test func silentAgentsAreListedAndLeftOut() async throws {
    try await ScriptedPlatform.with { platform in
      prepare(platform, silent: [Self.uuids[0], Self.uuids[3]])
      let console = platform.console()
      #expect(await console.run("run", "--all", "-y", "system.info") == .leftOut)
      #expect(console.errors.contains("4 done, 0 failed; left out: 2 silent"))
      #expect(
        console.errors.contains("left out, as they are silent (--include-silent includes them): web-1, web-4")
      )
      #expect(Set(agents(platform)) == Set([1, 2, 4, 5].map { Self.uuids[$0] }))
      let all = platform.console()
      #expect(await all.run("run", "--all", "-y", "--include-silent", "system.info") == .done)
      #expect(agents(platform).count == 10)
    }
  }

  /// The exit status must not be `done` if selected agents were left out.
  @Test func pendingAgentsAreLeftOutWithExitStatus() async throws {
    try await ScriptedPlatform.with { platform in
      prepare(platform)
      let statuses = ["alive", "pending", "pending", "revoked", "alive", "silent"]
      platform.answer(
        .agentsList,
        [
          "agents": .array(
            zip(Self.uuids, statuses).map { Samples.agent($0, "web-\($0.prefix(8))", status: $1) })
        ])
      let console = platform.console()
      #expect(await console.run("run", "--all", "-y", "-o", "json", "system.info") == .leftOut)
      #expect(Set(agents(platform)) == [Self.uuids[0], Self.uuids[4]])
      #expect(console.errors.contains("2 done, 0 failed; left out: 1 silent, 2 never connected, 1 revoked"))
      let summary = try console.json().objectValue
      #expect(summary?["pending"] == [.string(Self.uuids[1]), .string(Self.uuids[2])])
      #expect(summary?["silent"] == [.string(Self.uuids[5])])
      #expect(summary?["revoked"] == [.string(Self.uuids[3])])
      // A failure takes precedence.
      prepare(platform, failing: [Self.uuids[0]], silent: [Self.uuids[1]])
      #expect(await platform.console().run("run", "--all", "-y", "system.info") == .failed)
      // Revoked agents do not change the exit status, as they cannot receive commands.
      prepare(platform)
      platform.answer(
        .agentsList,
        ["agents": [Samples.agent(Self.uuids[1]), Samples.agent(Self.uuids[2], "x", status: "revoked")]])
      #expect(await platform.console().run("run", "--all", "-y", "system.info") == .done)
    }
  }

  @Test(
    arguments: [
      (["exec", "--", "/usr/bin/df", "-h", "/"], ["args": ["-h", "/"], "command": "/usr/bin/df"]),
      (["exec", "command=/usr/bin/df"], ["command": "/usr/bin/df"]),
      (["services.restart", "name=nginx"], ["name": "nginx"]),
    ] as [([String], JSONValue)])
  func execAcceptsProgramAfterTerminator(words: [String], params: JSONValue) async throws {
    try await ScriptedPlatform.with { platform in
      prepare(platform)
      let console = platform.console()
      #expect(await console.run(["run", "-y", "-l", "env=prod"] + words) == .done, "\(console.errors)")
      #expect(platform.asked(.commandsSubmit).allSatisfy { $0.objectValue?["params"] == params })
      #expect(await platform.console().run("run", "-y", "--all", "exec") == .usage)
    }
  }

  @Test func dryRunSendsNothing() async throws {
    try await ScriptedPlatform.with { platform in
      prepare(platform, silent: [Self.uuids[5]])
      let line = ["run", "--all", "--dry-run", "--canary", "1", "--batch", "3", "exec"]
      let console = platform.console()
      #expect(await console.run(line + ["-o", "json", "--", "/bin/x", "a b"]) == .done, "\(console.errors)")
      let plan = try console.json().objectValue
      #expect(plan?["params"] == ["command": "/bin/x", "args": ["a b"]])
      let batches = plan?["agents"]?.arrayValue?.compactMap { $0.objectValue?["batch"]?.integerValue }
      #expect(batches == [0, 1, 1, 1, 2])
      #expect(plan?["silent"] == [.string(Self.uuids[5])])
      let people = platform.console()
      #expect(await people.run(line + ["--", "/bin/x", "a b"]) == .done)
      #expect(people.output.contains("canary"))
      #expect(people.errors.contains("would send exec /bin/x 'a b' to 5 agents; left out: 1 silent"))
      #expect(agents(platform).isEmpty)
    }
  }

  @Test func promptNamesAgentsAndCommand() async throws {
    try await ScriptedPlatform.with { platform in
      prepare(platform)
      let console = platform.console()
      #expect(await console.run("run", "--all", "exec", "--", "/bin/x", "a b") == .usage)
      #expect(
        console.errors.contains(
          "run exec /bin/x 'a b' on 6 agents, web-1, web-2, web-3, web-4, web-5, web-6 (1 batch): there is no terminal"
        ))
    }
  }

  @Test func failureShowsEscapedStandardError() async throws {
    try await ScriptedPlatform.with { platform in
      prepare(platform)
      platform.answer(.agentsList, ["agents": [Samples.agent(Self.uuids[0])]])
      let lines = (1...9).map { "line \($0)" } + ["the \u{1B}[2Jend " + String(repeating: "x", count: 500)]
      let end = Samples.failed(
        "failed", "it ended with exit code 3",
        ["stdout": "", "stderr": .string(lines.joined(separator: "\n") + "\n"), "exit_code": 3])
      platform.answer(.commandsSubmit) { params in
        .result(Samples.view(of: params.objectValue ?? [:], end))
      }
      let console = platform.console()
      #expect(await console.run("run", "--all", "-y", "exec", "--", "/bin/x") == .failed)
      let shown = console.complaints.filter { $0.hasPrefix("    ") }
      #expect(shown.count == 5)
      #expect(shown.first == "    line 6")
      #expect(shown.last?.hasPrefix("    the \\u{1B}[2Jend xxx") == true)
      #expect(shown.allSatisfy { $0.count < 220 })
      #expect(console.output.contains("the \\u{1B}[2Jend"))
      #expect(!console.output.contains("\u{1B}"))
    }
  }

  @Test func noMatchingAgentExitsWithNotFound() async throws {
    try await ScriptedPlatform.with { platform in
      platform.answer(.agentsList, ["agents": [], "next": nil])
      let console = platform.console()
      #expect(await console.run("run", "-l", "env=none", "-y", "system.info") == .notFound)
      #expect(console.errors == "plsctl: no agent matches\n")
      let silent = platform.console()
      prepare(platform, silent: Set(Self.uuids))
      #expect(await silent.run("run", "--all", "-y", "system.info") == .notFound)
    }
  }

  @Test func runAsksForConfirmation() async throws {
    try await ScriptedPlatform.with { platform in
      prepare(platform)
      #expect(await platform.console().run("run", "--all", "system.info") == .usage)
      let unwilling = platform.console(answers: [""])
      #expect(await unwilling.run("run", "--all", "system.info") == .interrupted)
      #expect(agents(platform).isEmpty)
      let willing = platform.console(size: .init(columns: 100, rows: 30), answers: ["y"])
      #expect(await willing.run("run", "--all", "system.info") == .done)
      #expect(willing.errors.contains("█"))
    }
  }

  @Test func insufficientRoleStopsTheRun() async throws {
    try await ScriptedPlatform.with { platform in
      prepare(platform)
      let console = platform.console("eve")
      #expect(await console.run("run", "--all", "--max-failures", "99", "-y", "system.info") == .noPermission)
      #expect(agents(platform).isEmpty)
    }
  }
}
