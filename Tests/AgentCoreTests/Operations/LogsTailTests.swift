import AgentProtocol
import Glibc
import HostControl
import JSON
import TestFiles
import Testing

@testable import AgentCore

@Suite(.timeLimit(.minutes(1))) struct LogsTailTests {
  private let policy = CommandPolicy(allowedOperations: ["logs.tail"], executables: ExecutableAllowlist([]))
  private let context = CommandContext(commandID: "c", outputLimit: 10_000)
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  /// The operation with a shell script in place of journalctl.
  private func operation(
    _ script: String, timeLimit: Duration = .seconds(30),
    isKnown: @escaping @Sendable (UnitName) async -> Bool? = { _ in nil }
  ) throws -> LogsTail {
    let path = try folder.write("journalctl", "#!/bin/sh\n\(script)\n")
    try #require(chmod(path, 0o700) == 0)
    return LogsTail(
      runner: ProcessRunner(),
      lookUp: { unit in
        JournalUnit(
          name: unit.text == "short.service" ? "long.service" : unit.text, isKnown: await isKnown(unit))
      },
      journalctl: path, timeLimit: timeLimit)
  }

  private func run(_ operation: LogsTail, _ params: JSONObject) async throws -> OperationOutcome {
    await operation.run(try operation.parameters(from: params, under: policy), in: context)
  }

  @Test func journalctlArgumentsAreExact() async throws {
    let tail = try operation("for each; do echo \"$each\"; done; env | grep -v -e ^PWD= -e ^_= | cut -d= -f1")
    guard case .completed(let output, "", false) = try await run(tail, ["unit": "nginx", "lines": 7]) else {
      Issue.record("it failed")
      return
    }
    let lines = output?.objectValue?["lines"]?.arrayValue?.compactMap(\.stringValue) ?? []
    #expect(output?.objectValue?["unit"] == "nginx.service")
    #expect(
      lines.prefix(7) == [
        "--unit=nginx.service", "--output=short-iso", "--utc", "--no-hostname", "--no-pager", "--quiet",
        "--lines=7",
      ])
    #expect(Set(lines.dropFirst(7)) == ["PATH", "LANG"])
  }

  @Test(
    arguments: [
      (["unit": "a"], "a.service", 100), (["unit": "a.socket", "lines": nil], "a.socket", 100),
      (["unit": "a@b.c", "lines": 1], "a@b.c.service", 1),
      (["unit": "a.mount", "lines": 1000], "a.mount", 1000),
      (["unit": #"dev-disk-by\x2duuid-a.device"#], #"dev-disk-by\x2duuid-a.device"#, 100),
      (["unit": "--all"], "--all.service", 100),
    ] as [(JSONObject, String, Int64)])
  func parametersAreDecoded(params: JSONObject, unit: String, lines: Int64) throws {
    let parameters = try operation("true").parameters(from: params, under: policy)
    #expect(parameters == .init(unit: try #require(UnitName(unit)), lines: lines))
  }

  @Test(
    arguments: [
      [:], ["unit": nil], ["unit": ""], ["unit": 5], ["unit": ["a"]], ["unit": "a b"], ["unit": "*"],
      ["unit": "a?.service"], ["unit": "[a].service"], ["unit": "a/b"], ["unit": "../../x"], ["unit": "é"],
      ["unit": ".service"], ["unit": "@.service"], ["unit": "a\n"], ["unit": "a\0b"],
      ["unit": .string(String(repeating: "a", count: 248))],
      ["unit": "a", "lines": 0], ["unit": "a", "lines": -1], ["unit": "a", "lines": 1001],
      ["unit": "a", "lines": "5"], ["unit": "a", "lines": 1.5], ["unit": "a", "lines": true],
    ] as [JSONObject])
  func invalidParametersAreRejected(params: JSONObject) throws {
    let tail = try operation("true")
    #expect { try tail.parameters(from: params, under: policy) } throws: {
      ($0 as? Refusal)?.code == .invalidParams
    }
  }

  @Test(
    arguments: [
      // Read in reverse order, and returned in the order of the journal.
      (["since_s": 60], ["-- cursor: s=1;i=2", "--reverse", "--since=-60s"], nil),
      (["since_s": 60, "cursor": ""], ["-- cursor: s=1;i=2", "--reverse", "--since=-60s"], "s=1;i=2"),
      (["cursor": ""], ["--show-cursor"], "s=1;i=2"),
      (["cursor": "s=a;i=1", "since_s": nil], ["--show-cursor", "--after-cursor=s=a;i=1"], "s=1;i=2"),
    ] as [(JSONObject, [String], String?)])
  func rangeIsPassedToJournalctl(params: JSONObject, arguments: [String], cursor: String?) async throws {
    let tail = try operation("shift 7; for each; do echo \"$each\"; done; echo '-- cursor: s=1;i=2'")
    let more = JSONObject([.init(key: "unit", value: "a")] + params.members)
    guard case .completed(let output, "", false) = try await run(tail, more) else {
      Issue.record("it failed")
      return
    }
    let lines = output?.objectValue?["lines"]?.arrayValue?.compactMap(\.stringValue) ?? []
    #expect(lines == arguments)
    #expect(output?.objectValue?["cursor"]?.stringValue == cursor)
  }

  @Test(
    arguments: [
      ["since_s": 0], ["since_s": "5"], ["since_s": 1e12], ["cursor": 5], ["cursor": "a b"],
      ["cursor": "a\n"],
      ["cursor": "$(x)"], ["cursor": .string(String(repeating: "a", count: 513))],
    ] as [JSONObject])
  func invalidRangesAreRejected(params: JSONObject) throws {
    let tail = try operation("true")
    let more = JSONObject([.init(key: "unit", value: "a")] + params.members)
    #expect { try tail.parameters(from: more, under: policy) } throws: {
      ($0 as? Refusal)?.code == .invalidParams
    }
  }

  @Test func unknownUnitWithoutEntriesIsReported() async throws {
    let none = try await run(try operation("true", isKnown: { _ in false }), ["unit": "a"])
    #expect(none == .completed(["unit": "a.service", "lines": [], "unit_found": false]))
    let known = try await run(try operation("true", isKnown: { _ in true }), ["unit": "a"])
    #expect(known == .completed(["unit": "a.service", "lines": []]))
    // A removed unit still has entries in the journal.
    let gone = try await run(try operation("echo one", isKnown: { _ in false }), ["unit": "a"])
    #expect(gone == .completed(["unit": "a.service", "lines": ["one"]]))
  }

  @Test func unitWithoutEntriesReturnsNoLines() async throws {
    #expect(
      try await run(try operation("true"), ["unit": "a"])
        == .completed(["unit": "a.service", "lines": []]))
  }

  @Test func aliasIsReadUnderThePrimaryName() async throws {
    let tail = try operation("echo $1")
    #expect(
      try await run(tail, ["unit": "short"])
        == .completed(["unit": "long.service", "lines": ["--unit=long.service"]]))
  }

  /// Each run uses the full time limit, so that waiting calls are not started afterwards.
  @Test func timeLimitIncludesTheWaitForOtherCalls() async throws {
    let marks = folder.path + "/started"
    let tail = try operation("echo x >>\(marks); exec sleep 60", timeLimit: .milliseconds(500))
    let parameters = try tail.parameters(from: ["unit": "a"], under: policy)
    await withTaskGroup(of: OperationOutcome.self) { group in
      for _ in 0..<20 { group.addTask { [context] in await tail.run(parameters, in: context) } }
      for await outcome in group {
        guard case .failed(.timedOut, _, _, _) = outcome else {
          Issue.record("\(outcome)")
          continue
        }
      }
    }
    // Four, and some that were started just before their deadline. Without the limit it would be all calls.
    let started = try DurableFile.read(marks, limit: 1000) ?? []
    #expect((1...10).contains(started.count / 2))
  }

  @Test func failureIncludesStandardError() async throws {
    let tail = try operation("echo one; echo 'no permission' >&2; exit 1")
    #expect(
      try await run(tail, ["unit": "a"])
        == .failed(.failed, "no permission", output: ["unit": "a.service", "lines": ["one"]]))
  }

  @Test func timeLimitEndsTheCall() async throws {
    let tail = try operation("echo one; exec sleep 60", timeLimit: .milliseconds(300))
    #expect(
      try await run(tail, ["unit": "a"])
        == .failed(
          .timedOut, "the journal was not read within 0 s", output: ["unit": "a.service", "lines": ["one"]],
          isTruncated: true))
  }

  @Test func missingJournalctlIsUnsupported() async throws {
    let tail = LogsTail(
      runner: ProcessRunner(), lookUp: { JournalUnit(name: $0.text) }, journalctl: "/nonexistent/journalctl")
    #expect(
      try await run(tail, ["unit": "a"])
        == .failed(.unsupported, "this machine has no /nonexistent/journalctl"))
  }

  /// The output exceeds a message: complete lines from its end are returned.
  @Test func largeOutputKeepsTheLastLines() async throws {
    let tail = try operation("i=0; while [ $i -lt 2000 ]; do i=$((i+1)); echo \"line $i\"; done")
    guard case .completed(let output, "", true) = try await run(tail, ["unit": "a"]) else {
      Issue.record("not truncated")
      return
    }
    let lines = output?.objectValue?["lines"]?.arrayValue?.compactMap(\.stringValue) ?? []
    #expect(lines.count > 100)
    #expect(lines == (2001 - lines.count...2000).map { "line \($0)" })
    #expect(output.map { JSONWriter.encode($0).count } ?? 0 <= context.outputLimit)
  }

  @Test func callsBeyondThirtyTwoAreBusy() async throws {
    let go = folder.path + "/go"
    let tail = try operation("while [ ! -e \(go) ]; do sleep 0.05; done")
    let parameters = try tail.parameters(from: ["unit": "a"], under: policy)
    let busy = OperationOutcome.failed(.busy, "32 other logs.tail wait or run")
    let done = OperationOutcome.completed(["unit": "a.service", "lines": []])
    try await withThrowingTaskGroup(of: OperationOutcome.self) { group in
      for _ in 0..<40 { group.addTask { [context] in await tail.run(parameters, in: context) } }
      for _ in 0..<8 { #expect(try await group.next() == busy) }
      _ = try folder.write("go", "")
      for try await outcome in group { #expect(outcome == done) }
    }
    #expect(try await run(tail, ["unit": "a"]) == done, "there is room again")
  }

  @Test func atMostFourCallsRunConcurrently() async throws {
    let marks = folder.path + "/marks"
    try #require(mkdir(marks, 0o700) == 0)
    let tail = try operation("touch \(marks)/$$; sleep 0.05; ls \(marks) | wc -l; rm \(marks)/$$")
    let parameters = try tail.parameters(from: ["unit": "a"], under: policy)
    let counts = await withTaskGroup(of: Int.self) { group in
      for _ in 0..<12 {
        group.addTask { [context] in
          guard case .completed(let output, _, _) = await tail.run(parameters, in: context) else { return 0 }
          let line = output?.objectValue?["lines"]?.arrayValue?.first?.stringValue ?? ""
          return Int(line.filter(\.isNumber)) ?? 0
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(counts.count == 12)
    #expect(counts.allSatisfy { (1...4).contains($0) })
  }
}

struct JournalLinesTests {
  private func output(_ text: String, head: Int? = nil, total: UInt64? = nil) -> CapturedOutput {
    CapturedOutput(
      bytes: Array(text.utf8), headCount: head ?? text.utf8.count,
      totalBytes: total ?? UInt64(text.utf8.count))
  }

  @Test func oldestLinesAreOmittedFirst() {
    #expect(
      JournalLines.last(of: output("aaa\nbbb\nccc\n"), encodedSize: 100) == (["aaa", "bbb", "ccc"], false))
    #expect(JournalLines.last(of: output("aaa\nbbb\nccc\n"), encodedSize: 12) == (["bbb", "ccc"], true))
    #expect(JournalLines.last(of: output("aaa\nbbb\nccc\n"), encodedSize: -1) == (["ccc"], true))
    #expect(JournalLines.last(of: output(""), encodedSize: 100) == ([], false))
  }

  @Test func linesBeforeAGapAreOmitted() {
    #expect(
      JournalLines.last(of: output("aaa\nbb" + "b\nccc\n", head: 6, total: 1000), encodedSize: 100) == (
        ["ccc"], true
      ))
  }
}
