import JSON
import Locks
import NATSTesting
import OperatorConsole
import PlatformAPI
import Testing

/// `plsctl run` as a whole.
@Suite struct RunTests {
  private static let uuids = (1...6).map { "0000000\($0)-0000-4000-8000-000000000000" }

  /// Six agents; the commands of `failing` fail.
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

  @Test func worksOnAllCanaryFirst() async throws {
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

  @Test func stopsAtTheThresholdAndGoesOnByItsRecord() async throws {
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
      #expect(console.errors.contains("stopped; the same command goes on with the rest"))
      #expect(agents(platform).count == 4)

      prepare(platform)
      let again = platform.console()
      #expect(await again.run(line) == .done, "\(again.errors)")
      // Two were done; the two that failed are tried anew, under ids of their own.
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

  @Test func aCommandThatWasOnItsWayIsNotSentTwice() async throws {
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

  @Test func silentAgentsAreListedAndLeftAside() async throws {
    try await ScriptedPlatform.with { platform in
      prepare(platform, silent: [Self.uuids[0], Self.uuids[3]])
      let console = platform.console()
      #expect(await console.run("run", "--all", "-y", "system.info") == .done)
      #expect(
        console.errors.contains("left aside, as they are silent (--include-silent takes them): web-1, web-4"))
      #expect(Set(agents(platform)) == Set([1, 2, 4, 5].map { Self.uuids[$0] }))
      let all = platform.console()
      #expect(await all.run("run", "--all", "-y", "--include-silent", "system.info") == .done)
      #expect(agents(platform).count == 10)
    }
  }

  @Test func nobodyPickedIsNotFound() async throws {
    try await ScriptedPlatform.with { platform in
      platform.answer(.agentsList, ["agents": [], "next": nil])
      let console = platform.console()
      #expect(await console.run("run", "-l", "env=none", "-y", "system.info") == .notFound)
      #expect(console.errors == "plsctl: no agent is picked\n")
      let silent = platform.console()
      prepare(platform, silent: Set(Self.uuids))
      #expect(await silent.run("run", "--all", "-y", "system.info") == .notFound)
    }
  }

  @Test func asksFirst() async throws {
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

  @Test func aRoleThatIsTooLowEndsItAtOnce() async throws {
    try await ScriptedPlatform.with { platform in
      prepare(platform)
      let console = platform.console("eve")
      #expect(await console.run("run", "--all", "--max-failures", "99", "-y", "system.info") == .noPermission)
      #expect(agents(platform).isEmpty)
    }
  }
}
