import AgentProtocol
import HostControl
import JSON
import Locks
import TestFiles
import Testing

@testable import AgentCore

@Suite(.timeLimit(.minutes(2))) struct RepeatedCommandTests {
  private static let events = "agent.vm.a.evt"
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  /// The payload without `replayed`.
  private static func original(_ sent: FakeUplink.Sent) -> JSONObject? {
    var payload = sent.payload
    payload?["replayed"] = nil
    return payload
  }

  @Test func repeatedCommandIsReplayed() async throws {
    let rig = try DispatcherRig(in: folder.path, slow: GatedOperation("slow", released: true))
    try await rig.run {
      rig.send("1", "slow", #","params":{"a":1,"b":2}"#)
      let first = try #require(await rig.uplink.results(1).first)
      rig.send("1", "slow", #","params":{"b":2, "a":1},"expires_at":1,"timeout_s":3"#, replyTo: "_INBOX.x")
      let second = try #require(await rig.uplink.results(2).last)
      #expect(second.payload?["replayed"] == true)
      #expect(Self.original(second) == first.payload)
      #expect(second.subject == "_INBOX.x")
      #expect(second.envelope.id != first.envelope.id)
    }
    #expect(rig.slow.started == ["1"])
  }

  @Test func replayDoesNotDependOnThePresentPolicy() async throws {
    let rig = try DispatcherRig(in: folder.path, slow: GatedOperation("slow", released: true))
    try await rig.run {
      rig.send("1", "slow")
      _ = await rig.uplink.results(1)
      rig.dispatcher.settings.policy = DispatcherRig.policy([])
      rig.send("1", "slow")
      rig.send("2", "slow")
      let results = await rig.uplink.results(3)
      let byID = Dictionary(grouping: results) { $0.payload?["command_id"]?.stringValue ?? "" }
      #expect(byID["1"]?.last?.payload?["status"] == "completed")
      #expect(byID["2"]?.first?.payload?["code"] == "not_permitted")
    }
  }

  @Test func repeatedRunningCommandAnswersTheNewestTargetOnce() async throws {
    let rig = try DispatcherRig(in: folder.path)
    try await rig.run {
      rig.send("running", "slow", replyTo: "_INBOX.old")
      rig.send("waiting", "slow", replyTo: "_INBOX.old")
      await rig.slow.waitUntilStarted(1)
      for id in ["running", "waiting"] { rig.send(id, "slow", replyTo: "_INBOX.new") }
      rig.send("last", "echo", #","params":{"text":1}"#)
      _ = await rig.uplink.results(1)
      rig.slow.release()
    }
    #expect(rig.slow.started == ["running", "waiting"])
    #expect(rig.uplink.sent.map(\.subject) == [Self.events, "_INBOX.new", "_INBOX.new"])
    #expect(rig.uplink.sent.allSatisfy { $0.payload?["replayed"] == nil })
  }

  @Test func reusedIDOfAnotherCommandIsRejected() async throws {
    let rig = try DispatcherRig(in: folder.path)
    try await rig.run {
      rig.send("1", "slow")
      await rig.slow.waitUntilStarted(1)
      rig.send("1", "slow", #","params":{"a":1}"#)
      rig.send("1", "echo", #","params":{"text":1}"#)
      let results = await rig.uplink.results(2)
      #expect(results.allSatisfy { $0.payload?["code"] == "invalid_params" })
      rig.slow.release()
    }
    #expect(rig.slow.started == ["1"])
  }

  @Test func queriesAndCommandsWithoutAnIDRunEachTime() async throws {
    let rig = try DispatcherRig(in: folder.path, slow: GatedOperation("slow", released: true))
    try await rig.run {
      for _ in 1...2 {
        rig.send("q", "echo", #","params":{"text":1}"#)
        rig.send("", "slow")
      }
      _ = await rig.uplink.results(4)
    }
    #expect(rig.slow.started == ["", ""])
    #expect(rig.uplink.sent.allSatisfy { $0.payload?["replayed"] == nil })
    #expect(rig.journal.status.entries == 0)
  }

  @Test func rejectedCommandCanBeSentAgain() async throws {
    let rig = try DispatcherRig(in: folder.path, slow: GatedOperation("slow", released: true))
    try await rig.run {
      rig.dispatcher.settings.policy = DispatcherRig.policy([])
      rig.send("1", "slow")
      _ = await rig.uplink.results(1)
      rig.dispatcher.settings.policy = DispatcherRig.policy(["slow"])
      rig.send("1", "slow")
      _ = await rig.uplink.results(2)
    }
    #expect(rig.uplink.sent.compactMap { $0.payload?["status"] } == ["rejected", "completed"])
  }

  @Test func expiredCommandStaysRejected() async throws {
    let rig = try DispatcherRig(in: folder.path, slow: GatedOperation("slow", released: true))
    try await rig.run {
      rig.send("1", "slow", #","expires_at":1"#)
      let refused = await rig.uplink.results(1).first?.payload
      #expect(refused?["code"] == "expired")
      #expect(refused?["replayed"] == nil)
      // An earlier copy that was delayed in the network.
      rig.send("1", "slow")
      let again = await rig.uplink.results(2).last?.payload
      #expect(again?["code"] == "expired")
      #expect(again?["replayed"] == true)
      rig.send("2", "slow")
      _ = await rig.uplink.results(3)
    }
    let next = try DispatcherRig(in: folder.path, slow: rig.slow)
    try await next.run {
      next.send("1", "slow")
      let result = await next.uplink.results(1).first?.payload
      #expect(result?["status"] == "rejected")
      #expect(result?["code"] == "expired")
      #expect(result?["replayed"] == true)
    }
    #expect(rig.slow.started == ["2"])
  }

  @Test func copyDuringTheRejectionHasNoResultOfItsOwn() async throws {
    let rig = try DispatcherRig(in: folder.path, slow: GatedOperation("slow", released: true))
    try await rig.run {
      // The first is not on disk yet when the second is looked up.
      rig.send("1", "slow", #","expires_at":1"#)
      rig.send("1", "slow")
      rig.send("2", "slow")
      _ = await rig.uplink.results(2)
    }
    #expect(rig.slow.started == ["2"])
  }

  @Test(.enabled(if: SmallDisk.isPossible, "only root can mount a small file system"))
  func expiredCommandIsRejectedOnAFullDisk() async throws {
    let disk = try SmallDisk(mebibytes: 2)
    disk.fill()
    let rig = try DispatcherRig(in: disk.path, slow: GatedOperation("slow", released: true))
    try await rig.run {
      for number in 1...100 { rig.send("\(number)", "slow", #","expires_at":1"#) }
      #expect(await rig.uplink.results(100).allSatisfy { $0.payload?["code"] == "expired" })
      disk.clear()
      // Rejections are not kept in memory, which would be unbounded.
      rig.send("1", "slow")
      #expect(await rig.uplink.results(101).last?.payload?["status"] == "completed")
    }
  }

  @Test func commandCancelledInTheQueueStaysCancelled() async throws {
    let rig = try DispatcherRig(in: folder.path)
    try await rig.run {
      rig.send("running", "slow")
      rig.send("waiting", "slow")
      await rig.slow.waitUntilStarted(1)
      rig.send("c", "agent.cancel", #","params":{"command_id":"waiting"}"#)
      _ = await rig.uplink.results(2)
      rig.slow.release()
    }
    let next = try DispatcherRig(in: folder.path)
    try await next.run {
      next.send("waiting", "slow")
      let result = await next.uplink.results(1).first?.payload
      #expect(result?["code"] == "cancelled")
      #expect(result?["replayed"] == true)
    }
    #expect(next.slow.started.isEmpty)
  }

  // MARK: Restarts

  /// Leaves a running command behind, as after a kill of the agent.
  private func leaveRunning(_ id: String, operation: String = "slow", processes: [ProcessIdentity] = [])
    async throws
  {
    let journal = CommandJournal.test(in: folder.path)
    _ = try await journal.open()
    journal.register(.test(id, operation: operation), to: .test)
    try await journal.start(JournalKey(id))
    for process in processes { journal.recordProcess(process, of: JournalKey(id)) }
    await journal.close()
  }

  @Test func interruptedRunIsAnsweredAndNotRepeated() async throws {
    try await leaveRunning("1")
    let rig = try DispatcherRig(in: folder.path)
    try await rig.run {
      let result = try #require(await rig.uplink.results(1).first)
      #expect(result.subject == Self.events)
      #expect(result.payload?["status"] == "failed")
      #expect(result.payload?["code"] == "interrupted")
      #expect(result.payload?["replayed"] == nil)
      rig.send("1", "slow")
      #expect(await rig.uplink.results(2).last?.payload?["replayed"] == true)
    }
    #expect(rig.slow.started.isEmpty)
    let next = try DispatcherRig(in: folder.path)
    try await next.run {
      next.send("1", "slow")
      #expect(await next.uplink.results(1).last?.payload?["code"] == "interrupted")
    }
    #expect(next.slow.started.isEmpty)
    #expect(next.uplink.sent.count == 1, "it was delivered by the agent before")
  }

  @Test func operationCanResumeItsRun() async throws {
    let process = ProcessIdentity(pid: 5, startTicks: 6)
    try await leaveRunning("1", operation: "resumable", processes: [process])
    let resumable = Resumable(executionMode: .exclusive)
    let rig = try DispatcherRig(in: folder.path, others: [resumable])
    try await rig.run {
      await resumable.gate.waitUntilStarted(1)
      #expect(rig.scheduler.running.map(\.commandID) == ["1"])
      rig.send("2", "resumable")
      #expect(await rig.uplink.results(1).last?.payload?["code"] == "busy")
      rig.send("1", "resumable", replyTo: "_INBOX.x")
      rig.send("last", "echo", #","params":{"text":1}"#)
      _ = await rig.uplink.results(2)
      resumable.gate.release()
      let result = await rig.uplink.results(3).last
      #expect(result?.payload?["output"] == "taken up")
      #expect(result?.subject == "_INBOX.x", "the newest target")
    }
    #expect(resumable.runs == [[process]])
  }

  @Test func detachedRunIsAnsweredByTheNextAgent() async throws {
    let resumable = Resumable(executionMode: .exclusive)
    let rig = try DispatcherRig(in: folder.path, others: [resumable])
    try await rig.run {
      rig.send("1", "resumable")
      await resumable.gate.waitUntilStarted(1)
      rig.scheduler.interrupt()
    }
    #expect(rig.uplink.sent.isEmpty)
    let next = try DispatcherRig(in: folder.path, others: [resumable])
    resumable.gate.release()
    try await next.run {
      let result = await next.uplink.results(1).first?.payload
      #expect(result?["command_id"] == "1")
      #expect(result?["output"] == "taken up")
    }
  }

  @Test func unconfirmedResultIsSentAgainByTheNextAgent() async throws {
    let uplink = FakeUplink()
    uplink.loseConfirmations(true)
    let rig = try DispatcherRig(in: folder.path, uplink: uplink, slow: GatedOperation("slow", released: true))
    try await rig.run {
      rig.send("1", "slow", replyTo: "_INBOX.x")
      _ = await uplink.results(1)
      uplink.close()
    }
    #expect(rig.losses.value == 0, "it is not lost")
    let first = try #require(uplink.sent.first)
    let next = try DispatcherRig(in: folder.path)
    try await next.run {
      let again = try #require(await next.uplink.results(1).first)
      #expect(again.subject == Self.events)
      #expect(again.envelope.id == first.envelope.id, "the platform recognises a duplicate by its id")
      #expect(again.payload == first.payload)
      await next.uplink.waitUntilConfirmed { next.journal.status.undelivered == 0 }
    }
    let last = try DispatcherRig(in: folder.path)
    try await last.run {
      last.send("q", "echo", #","params":{"text":1}"#)
      _ = await last.uplink.results(1)
    }
    #expect(last.uplink.sent.count == 1, "a confirmed result is not sent again")
  }

  @Test func resultDeniedByTheServerIsSentOnTheNextConnection() async throws {
    let rig = try DispatcherRig(in: folder.path, slow: GatedOperation("slow", released: true))
    try await rig.run {
      rig.uplink.failNext(.notPermitted(subject: Self.events))
      rig.send("1", "slow")
      await rig.uplink.waitUntilFailed()
      rig.send("2", "slow")
      _ = await rig.uplink.results(1)
      rig.uplink.cut()
      rig.uplink.connect()
      #expect(await rig.uplink.results(2).last?.payload?["command_id"] == "1")
    }
    #expect(rig.losses.value == 0)
  }

  @Test func lossesAreCountedWithoutAFolder() async throws {
    let uplink = FakeUplink()
    let rig = try DispatcherRig(in: nil, uplink: uplink, slow: GatedOperation("slow", released: true))
    try await rig.run {
      uplink.cut()
      rig.send("1", "slow")
      await rig.slow.waitUntilStarted(1)
      uplink.close()
    }
    #expect(rig.losses.value == 1)
  }

  // MARK: Rejections

  @Test func effectsAreRejectedWhileAnotherAgentLocksTheFolder() async throws {
    let other = CommandJournal.test(in: folder.path)
    _ = try await other.open()
    let rig = try DispatcherRig(in: folder.path, slow: GatedOperation("slow", released: true))
    try await rig.run {
      rig.send("1", "slow")
      rig.send("", "slow")
      rig.send("q", "echo", #","params":{"text":1}"#)
      let results = await rig.uplink.results(3)
      #expect(results.filter { $0.payload?["code"] == "busy" }.count == 2)
      #expect(rig.slow.started.isEmpty)
      await other.close()
      rig.send("1", "slow")
      #expect(await rig.uplink.results(4).last?.payload?["status"] == "completed")
    }
  }

  @Test func lateJournalIsResumedWithoutACommand() async throws {
    let other = CommandJournal.test(in: folder.path)
    _ = try await other.open()
    try await other.record("leftover")
    other.register(.test("running"), to: .test)
    try await other.start(JournalKey("running"))
    let rig = try DispatcherRig(in: folder.path)
    try await rig.run {
      rig.send("q", "echo", #","params":{"text":1}"#)
      _ = await rig.uplink.results(1)
      await other.close()
      let ids = await rig.uplink.results(3).compactMap { $0.payload?["command_id"]?.stringValue }
      #expect(Set(ids) == ["q", "leftover", "running"])
    }
  }

  @Test func endedCommandsAreOnDiskWhileOthersAwaitDelivery() async throws {
    let rig = try DispatcherRig(in: folder.path, resultBudget: 1)
    try await rig.run {
      let parallel = #","params":{"parallel":true}"#
      for id in ["1", "2", "3"] { rig.send(id, "slow", parallel) }
      await rig.slow.waitUntilStarted(3)
      rig.uplink.cut()
      rig.slow.release()
      await rig.uplink.waitUntilConfirmed { rig.journal.status.undelivered == 3 }
      #expect(rig.journal.status.undelivered == 3)
      rig.send("4", "slow")
      await rig.uplink.waitUntilConfirmed { rig.scheduler.running.map(\.commandID) == ["4"] }
      #expect(rig.slow.started.count == 3, "it waits until there is memory for its result")
      rig.uplink.connect()
      _ = await rig.uplink.results(4)
    }
    #expect(rig.slow.started.count == 4)
  }

  @Test func commandsBehindADetachedRunDoNotStart() async throws {
    let resumable = Resumable(executionMode: .exclusive)
    let reboot = GatedOperation("reboot", executionMode: .barrier, released: true)
    let rig = try DispatcherRig(in: folder.path, others: [resumable, reboot])
    try await rig.run {
      rig.send("1", "resumable")
      await resumable.gate.waitUntilStarted(1)
      rig.send("2", "reboot")
      await rig.uplink.waitUntilConfirmed { rig.scheduler.waitingCount == 1 }
      rig.scheduler.interrupt { $0 == "resumable" }
    }
    #expect(reboot.started.isEmpty)
    #expect(rig.uplink.sent.map { $0.payload?["code"] } == ["interrupted"])
  }

  @Test(.enabled(if: SmallDisk.isPossible, "only root can mount a small file system"))
  func fullDiskRejectsOnlyCommandsWithEffects() async throws {
    let disk = try SmallDisk(mebibytes: 2)
    disk.fill()
    let rig = try DispatcherRig(in: disk.path, slow: GatedOperation("slow", released: true))
    try await rig.run {
      rig.send("1", "slow")
      rig.send("q", "echo", #","params":{"text":1}"#)
      let results = await rig.uplink.results(2)
      let refused = results.first { $0.payload?["command_id"] == "1" }?.payload
      #expect(refused?["status"] == "rejected")
      #expect(refused?["code"] == "busy")
      #expect(results.contains { $0.payload?["command_id"] == "q" && $0.payload?["status"] == "completed" })
      disk.clear()
      rig.send("1", "slow")
      #expect(await rig.uplink.results(3).last?.payload?["status"] == "completed")
    }
    #expect(rig.slow.started == ["1"])
  }

  /// Resumes its runs, which continue when the agent stops.
  private struct Resumable: AgentCore.Operation {
    let entry = CatalogueEntry("resumable", "for tests")
    let executionMode: ExecutionMode
    let gate = GatedOperation("gate")
    private let seen = Locked<[[ProcessIdentity]]>([])

    init(executionMode: ExecutionMode) {
      self.executionMode = executionMode
    }

    var runs: [[ProcessIdentity]] { seen.withLock { $0 } }

    func run(_ parameters: Void, in context: CommandContext) async -> OperationOutcome {
      _ = await gate.run((), in: context)
      return context.stopReason() == .interrupted ? .detached : .completed("ran")
    }

    func resume(_ run: InterruptedRun, in context: CommandContext) async -> OperationOutcome? {
      seen.withLock { $0.append(run.processes) }
      _ = await gate.run((), in: context)
      return .completed("taken up")
    }
  }
}
