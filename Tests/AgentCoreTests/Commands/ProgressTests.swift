import AgentProtocol
import JSON
import Logging
import Testing

@testable import AgentCore

@Suite(.timeLimit(.minutes(1))) struct ProgressTests {
  private let uplink = FakeUplink(maximumPayload: 4_096)
  private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  private func progress() throws -> CommandProgress {
    let agent = try #require(AgentUUID("a"))
    return CommandProgress(
      commandID: "c", uplink: uplink, writer: EnvelopeWriter(agent: agent),
      subject: AgentSubjects(agent).events, logger: logger)
  }

  @Test func outputIsPublishedWhileTheCommandRuns() async throws {
    let progress = try progress()
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await progress.run() }
      progress.write(.stdout, Array("hello ".utf8))
      progress.write(.stdout, Array("world".utf8))
      let first = await uplink.sent(1) { $0.envelope.type == "progress" }
      #expect(first.first?.subject == "agent.vm.a.evt")
      #expect(
        first.first?.payload == ["command_id": "c", "seq": 1, "stream": "stdout", "data": "hello world"])
      progress.write(.stderr, Array("!".utf8))
      #expect(await uplink.sent(2) { _ in true }.last?.payload?["stream"] == "stderr")
      progress.finish()
      await group.waitForAll()
    }
    progress.write(.stdout, Array("late".utf8))
    #expect(uplink.sent.count == 2)
  }

  @Test func droppedProgressLeavesAGapInTheSequence() async throws {
    let progress = try progress()
    let page = [UInt8](repeating: UInt8(ascii: "x"), count: (4_096 - 1_024) / 6)
    progress.write(.stdout, page)
    uplink.cut()
    progress.write(.stdout, page)
    uplink.connect()
    uplink.failNext(.congested)
    progress.write(.stdout, page)
    progress.write(.stdout, page)
    progress.finish()
    #expect(uplink.sent.map { $0.payload?["seq"]?.integerValue } == [1, 4])
  }

  /// Each byte of these takes six in JSON.
  @Test func messageFitsThePayloadLimit() async throws {
    let progress = try progress()
    progress.write(.stdout, [UInt8](repeating: 1, count: 100_000))
    progress.finish()
    var received = 0
    for message in uplink.sent {
      #expect(message.envelope.payload.count <= 4_096 - 256)
      received += message.payload?["data"]?.stringValue?.utf8.count ?? 0
    }
    #expect(received == 100_000)
  }
}

extension CommandDispatcherTests {
  @Test(arguments: [
    ("c", #","params":{"stream":true,"lines":["a","b"]}"#, ["ab", "done"]),
    ("c", #","params":{"stream":false,"lines":["a","b"]}"#, []),
    ("c", #","params":{"stream":null,"lines":["a","b"]}"#, []),
    ("c", #","params":{"lines":["a","b"]}"#, []),
    ("", #","params":{"stream":true,"lines":["a","b"]}"#, []),
  ])
  func requestedProgressPrecedesTheResult(id: String, rest: String, expected: [String])
    async throws
  {
    let rig = try DispatcherRig(others: [Chatter()])
    try await rig.run { rig.send(id, "chatter", rest) }
    #expect(rig.uplink.sent.map(\.envelope.type) == expected.map { _ in "progress" } + ["result"])
    #expect(rig.uplink.sent.dropLast().map { $0.payload?["data"]?.stringValue } == expected)
    #expect(
      rig.uplink.sent.last?.payload?["output"]?.objectValue?["streamed"] == .bool(!expected.isEmpty))
  }

  @Test(arguments: ["1", #""true""#, "{}", "[]"])
  func nonBooleanStreamIsRejected(value: String) async throws {
    let rig = try DispatcherRig(others: [Chatter()])
    try await rig.run { rig.send("c", "chatter", #","params":{"stream":\#(value)}"#) }
    #expect(rig.uplink.sent.count == 1)
    #expect(rig.uplink.sent.first?.payload?["status"] == "rejected")
    #expect(rig.uplink.sent.first?.payload?["code"] == "invalid_params")
  }
}
