import AgentProtocol
import Glibc
import JSON
import Logging
import Testing

@testable import AgentCore

@Suite(.timeLimit(.minutes(2))) struct CommandDispatcherTests {
  private static let events = "agent.vm.a.evt"

  @Test func queriesAreAnsweredWhileACommandWithAnEffectRuns() async throws {
    let rig = try DispatcherRig()
    try await rig.run {
      rig.send("1", "slow")
      await rig.slow.waitUntilStarted(1)
      rig.send("2", "echo", #","params":{"text":"hello"}"#)
      let results = await rig.uplink.results(1)
      #expect(results.first?.payload?["command_id"] == "2")
      #expect(results.first?.payload?["output"] == "hello")
      rig.slow.release()
    }
    #expect(rig.uplink.sent.map(\.subject) == [Self.events, Self.events])
  }

  @Test func commandsWithEffectsRunInTheOrderOfArrival() async throws {
    let rig = try DispatcherRig()
    try await rig.run {
      for number in 1...20 { rig.send("\(number)", "slow") }
      await rig.slow.waitUntilStarted(1)
      rig.slow.release()
    }
    #expect(rig.slow.started == (1...20).map(String.init))
    #expect(rig.slow.maximumRunning == 1)
    #expect(rig.uplink.sent.count == 20)
  }

  @Test func parallelCommandsRunBesideTheOthersUpToTheLimit() async throws {
    let rig = try DispatcherRig(parallelLimit: 2)
    try await rig.run {
      rig.send("ordered", "slow")
      for number in 1...5 { rig.send("p\(number)", "slow", #","params":{"parallel":true}"#) }
      await rig.slow.waitUntilStarted(3)
      rig.slow.release()
    }
    #expect(rig.slow.maximumRunning == 3)
    #expect(Set(rig.slow.started).count == 6)
  }

  @Test func timeoutStopsTheOperationAndKeepsItsOutput() async throws {
    let rig = try DispatcherRig(timeout: .milliseconds(50))
    try await rig.run {
      rig.send("1", "slow")
      let result = await rig.uplink.results(1).first?.payload
      #expect(result?["status"] == "failed")
      #expect(result?["code"] == "timed_out")
      #expect(result?["output"] == ["partial": true])
    }
  }

  @Test(arguments: [("caf\u{E9}", "cafe\u{301}"), ("K", "\u{212A}")])
  func commandIDsAreComparedByBytes(id: String, equivalent: String) {
    let scheduler = CommandScheduler(parallelLimit: 1)
    _ = scheduler.resume(id, operation: "slow", in: .ordered)
    #expect(scheduler.cancel(equivalent) == .unknown)
    #expect(scheduler.cancel(id) == .running)
  }

  @Test func runningAndWaitingCommandsCanBeCancelled() async throws {
    let rig = try DispatcherRig()
    try await rig.run {
      rig.send("running", "slow")
      rig.send("waiting", "slow")
      await rig.slow.waitUntilStarted(1)
      rig.send("c1", "agent.cancel", #","params":{"command_id":"waiting"}"#)
      rig.send("c2", "agent.cancel", #","params":{"command_id":"running"}"#)
      rig.send("c3", "agent.cancel", #","params":{"command_id":"nobody"}"#)
      let results = await rig.uplink.results(5)
      let byID = Dictionary(
        uniqueKeysWithValues: results.map { ($0.payload?["command_id"]?.stringValue ?? "", $0) })
      #expect(byID["c1"]?.payload?["output"]?.objectValue?["was"] == "queued")
      #expect(byID["c2"]?.payload?["output"]?.objectValue?["was"] == "running")
      #expect(byID["c3"]?.payload?["status"] == "failed")
      for id in ["running", "waiting"] {
        #expect(byID[id]?.payload?["status"] == "failed")
        #expect(byID[id]?.payload?["code"] == "cancelled")
      }
    }
    #expect(rig.slow.started == ["running"], "a command cancelled in the queue never ran")
  }

  @Test func shutdownAnswersAllAcceptedCommands() async throws {
    let rig = try DispatcherRig()
    try await rig.run {
      for number in 1...500 { rig.send("\(number)", "slow") }
      await rig.slow.waitUntilStarted(1)
      // Its result shows that all earlier commands were accepted.
      rig.send("last", "echo", #","params":{"text":1}"#)
      _ = await rig.uplink.results(1)
      rig.input.finish()
      rig.scheduler.interrupt()
    }
    let sent = rig.uplink.sent.dropFirst()
    let ids = sent.compactMap { $0.payload?["command_id"]?.stringValue }
    #expect(Set(ids).count == 500)
    #expect(ids.count == 500)
    #expect(sent.allSatisfy { $0.payload?["code"] == "interrupted" })
  }

  @Test func stoppingAgentAnswersFurtherCommands() async throws {
    let rig = try DispatcherRig()
    try await rig.run {
      rig.send("accepted", "slow")
      await rig.slow.waitUntilStarted(1)
      rig.dispatcher.refuseEffects(because: "the agent is stopping")
      rig.send("late", "slow")
      rig.send("query", "echo", #","params":{"text":1}"#)
      let answers = await rig.uplink.results(2).compactMap(\.payload)
      let byID = Dictionary(uniqueKeysWithValues: answers.map { ($0["command_id"]?.stringValue ?? "", $0) })
      #expect(byID["late"]?["status"] == "rejected")
      #expect(byID["late"]?["code"] == "busy")
      #expect(byID["query"]?["status"] == "completed")
      #expect(rig.scheduler.count == 1, "accepted commands continue")
      async let idle: Void = rig.scheduler.waitUntilIdle()
      rig.scheduler.interrupt()
      await idle
      #expect(rig.scheduler.count == 0)
    }
    #expect(rig.slow.started == ["accepted"])
  }

  @Test func fullQueueRejectsCommands() async throws {
    let rig = try DispatcherRig(capacity: 2)
    try await rig.run {
      rig.send("1", "slow")
      await rig.slow.waitUntilStarted(1)
      for number in 2...4 { rig.send("\(number)", "slow") }
      let refused = await rig.uplink.results(1).first?.payload
      #expect(refused?["command_id"] == "4")
      #expect(refused?["status"] == "rejected")
      #expect(refused?["code"] == "busy")
      rig.slow.release()
    }
    #expect(rig.slow.started.count == 3)
  }

  @Test(arguments: [
    ("nothing", "", "unknown_operation"), ("echo", "", "invalid_params"),
    ("slow", #","params":7"#, "invalid_params"), ("slow", #","expires_at":1"#, "expired"),
  ])
  func refusedCommandsAreAnsweredRejected(operation: String, rest: String, code: String) async throws {
    // These envelopes have no timestamp, which an unsynchronised clock needs.
    let rig = try DispatcherRig()
    try await rig.run {
      rig.send("1", operation, rest)
      let result = await rig.uplink.results(1).first?.payload
      #expect(result?["status"] == "rejected")
      #expect(result?["code"]?.stringValue == code)
      #expect(result?["message"]?.stringValue?.isEmpty == false)
    }
  }

  @Test func invalidEnvelopeIsDroppedWithoutAResult() async throws {
    let rig = try DispatcherRig()
    try await rig.run {
      for text in ["", "{", #"{"v":2,"id":"1","payload":{"operation":"echo"}}"#, "\u{FEFF}{}"] {
        rig.input.yield(CommandMessage(bytes: Array(text.utf8), connectionID: 1))
      }
      rig.send("last", "echo", #","params":{"text":1}"#)
      _ = await rig.uplink.results(1)
    }
    #expect(rig.uplink.sent.count == 1)
  }

  @Test func resultsGoToReplyToAndNowhereElse() async throws {
    let rig = try DispatcherRig()
    try await rig.run {
      rig.send("1", "echo", #","params":{"text":1}"#, replyTo: "_INBOX.x")
      _ = await rig.uplink.results(1)
    }
    #expect(rig.uplink.sent.map(\.subject) == ["_INBOX.x"])
  }

  @Test func deniedReplyToFallsBackToTheEventsSubject() async throws {
    let rig = try DispatcherRig()
    rig.uplink.refuse("_INBOX.x")
    try await rig.run {
      rig.send("1", "echo", #","params":{"text":1}"#, replyTo: "_INBOX.x")
      _ = await rig.uplink.results(1)
    }
    #expect(rig.uplink.sent.map(\.subject) == [Self.events])
  }

  @Test func replyPermissionEndsWithItsConnection() async throws {
    let rig = try DispatcherRig()
    try await rig.run {
      rig.send("1", "slow", replyTo: "_INBOX.x")
      await rig.slow.waitUntilStarted(1)
      rig.uplink.cut()
      rig.uplink.connect()
      rig.slow.release()
      _ = await rig.uplink.results(1)
    }
    #expect(rig.uplink.sent.map(\.subject) == [Self.events])
    #expect(rig.uplink.sent.map(\.connectionID) == [2])
  }

  @Test func resultIsSentAgainUntilItIsConfirmed() async throws {
    let rig = try DispatcherRig()
    rig.uplink.loseConfirmations(true)
    try await rig.run {
      rig.send("1", "echo", #","params":{"text":1}"#)
      _ = await rig.uplink.results(1)
      rig.uplink.loseConfirmations(false)
      rig.uplink.connect()
      _ = await rig.uplink.results(2)
    }
    #expect(rig.uplink.sent.map(\.connectionID) == [1, 2])
  }

  @Test func fullBufferOnlyDelaysAResult() async throws {
    let rig = try DispatcherRig()
    rig.uplink.failNext(.congested, .congested)
    try await rig.run {
      rig.send("1", "echo", #","params":{"text":1}"#)
      rig.send("2", "echo", #","params":{"text":2}"#, replyTo: "_INBOX.x")
      _ = await rig.uplink.results(2)
    }
    #expect(Set(rig.uplink.sent.map(\.subject)) == [Self.events, "_INBOX.x"])
    #expect(rig.uplink.sent.allSatisfy { $0.connectionID == 1 }, "no other connection was needed")
  }

  @Test func oversizedIDIsTruncatedInTheResult() async throws {
    let rig = try DispatcherRig()
    try await rig.run {
      rig.send("e" + String(repeating: "\u{301}", count: 100_000), "slow")
      let result = await rig.uplink.results(1).first
      #expect(result?.payload?["status"] == "rejected")
      #expect((result?.envelope.payload.count ?? .max) < 1_000)
    }
  }

  /// The handler delays the first line of each command, so that the order depends on the calls alone.
  @Test func arrivalOfAnEffectIsLoggedBeforeItsResult() async throws {
    let recorder = Recorder()
    let logger = Logger(label: "test") { _ in
      LogMessages(recorder: recorder, field: "command_id") { message in
        if message == "command received" { usleep(30_000) }
      }
    }
    let rig = try DispatcherRig(slow: GatedOperation("slow", released: true), logger: logger)
    let ids = (0..<5).map { "c\($0)" }
    try await rig.run {
      for id in ids {
        rig.send(id, "slow")
        await recorder.changed.wait { recorder.entries.contains("\(id): result") }
      }
    }
    for id in ids {
      let lines = recorder.entries.filter { $0.hasPrefix("\(id):") }
      #expect(lines == ["\(id): command received", "\(id): result"])
    }
  }

  @Test func effectsRejectedAsBusyAreLoggedOnce() async throws {
    let recorder = Recorder()
    let logger = Logger(label: "test") { _ in LogMessages(recorder: recorder, field: "command_id") }
    let rig = try DispatcherRig(capacity: 1, logger: logger)
    try await rig.run {
      rig.send("runs", "slow")
      await rig.slow.waitUntilStarted(1)
      rig.send("waits", "slow")
      rig.send("refused", "slow")
      await recorder.changed.wait { recorder.entries.contains("refused: result") }
      rig.slow.release()
    }
    let lines = recorder.entries.filter { $0.hasPrefix("refused:") }
    #expect(lines == ["refused: command received", "refused: result"])
  }
}
