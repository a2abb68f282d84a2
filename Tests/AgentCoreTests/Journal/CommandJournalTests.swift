import AgentProtocol
import Clocks
import Glibc
import HostControl
import JSON
import TestFiles
import Testing

@testable import AgentCore

@Suite(.timeLimit(.minutes(2))) struct CommandJournalTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  /// Opens a journal for the duration of `body`.
  @discardableResult
  private func journal<Result>(
    limits: JournalLimits = .durable, losses: LossCounter = LossCounter(),
    _ body: (CommandJournal, [InterruptedRun]) async throws -> Result
  ) async throws -> Result {
    let journal = CommandJournal.test(in: folder.path, limits: limits, losses: losses)
    let interrupted = try await journal.open()
    let result = try await body(journal, interrupted)
    await journal.close()
    return result
  }

  @Test func resultIsKnownAfterARestart() async throws {
    let first = try await journal { journal, _ in
      #expect(journal.lookUp("a") == .unknown)
      return try await journal.record("a", output: "done")
    }
    try await journal { journal, interrupted in
      #expect(interrupted.isEmpty)
      #expect(journal.lookUp("a") == .answered)
      #expect(journal.lookUp("a", operation: "other") == .different)
      #expect(journal.lookUp("b") == .unknown)
      let stored = await journal.result(of: JournalKey("a"))
      #expect(stored?.payload == first)
      #expect(stored?.messageID == "m-a")
    }
  }

  @Test func runWithoutAResultWasInterrupted() async throws {
    let process = ProcessIdentity(pid: 7, startTicks: 99)
    try await journal { journal, _ in
      for (id, time) in [("late", Int64(20)), ("early", 10)] {
        journal.register(.test(id, at: time), to: .test)
        try await journal.start(JournalKey(id))
      }
      journal.recordProcess(process, of: JournalKey("early"))
      journal.register(.test("waiting"), to: .test)
    }
    try await journal { journal, interrupted in
      #expect(
        interrupted == [
          InterruptedRun(
            commandID: "early", operation: "slow", startedAt: 10, bootID: "boot", processes: [process]),
          InterruptedRun(
            commandID: "late", operation: "slow", startedAt: 20, bootID: "boot", processes: []),
        ])
      #expect(journal.lookUp("early") == .pending)
      #expect(journal.lookUp("waiting") == .unknown, "a command that had not started may run")
      await journal.end("early")
    }
    try await journal { journal, interrupted in
      #expect(interrupted.map(\.commandID) == ["late"])
      #expect(journal.lookUp("early") == .answered)
    }
  }

  @Test func commandCancelledBeforeItRanIsKnown() async throws {
    try await journal { journal, _ in
      journal.register(.test("a"), to: .test)
      await journal.end("a")
    }
    try await journal { journal, interrupted in
      #expect(interrupted.isEmpty)
      #expect(journal.lookUp("a") == .answered)
    }
  }

  @Test func pendingCommandAnswersTheNewestTarget() async throws {
    try await journal { journal, _ in
      let newest = ReplyTarget(replyTo: "inbox", connectionID: 2)
      journal.register(.test("a"), to: .test)
      try await journal.start(JournalKey("a"))
      let digest = CommandDigest.of("slow", JSONObject())
      #expect(journal.lookUp(JournalKey("a"), made: nil, to: newest) { digest } == .pending)
      #expect(journal.lookUp(JournalKey("a"), made: nil, to: .test) { digest &+ 1 } == .different)
      let result = ResultPayload(commandID: "a", status: .completed)
      #expect(await journal.finish(JournalKey("a"), result, messageID: "m").value == newest)
    }
  }

  @Test func onlyUndeliveredResultsAreTaken() async throws {
    try await journal { journal, _ in
      for id in ["a", "b", "c"] { try await journal.record(id) }
      #expect(journal.takeUndelivered().isEmpty, "they are in flight")
      journal.markDelivered(JournalKey("b"))
      journal.requeue(JournalKey("c"))
      #expect(journal.takeUndelivered() == [JournalKey("c")])
      #expect(journal.takeUndelivered().isEmpty)
    }
    try await journal { journal, _ in
      #expect(journal.takeUndelivered() == [JournalKey("a"), JournalKey("c")])
      #expect(journal.status.undelivered == 2)
    }
  }

  @Test func secondAgentCannotLockTheFolder() async throws {
    try await journal { _, _ in
      let second = CommandJournal.test(in: folder.path)
      await #expect { try await second.open() } throws: { "\($0)".contains("another agent") }
      #expect(!second.isOpen)
      await second.close()
    }
    try await journal { journal, _ in #expect(journal.isOpen) }
  }

  @Test func filesArePrivateToTheAgent() async throws {
    try await journal { journal, _ in try await journal.record("a") }
    let path = folder.path + "/journal"
    #expect(DiskFile.mode(path) == 0o700)
    #expect(DiskFile.names(path) == ["0000000001.log", "lock"])
    for name in DiskFile.names(path) { #expect(DiskFile.mode("\(path)/\(name)") == 0o600) }
  }

  @Test func symbolicLinkInPlaceOfTheFolderIsNotFollowed() async throws {
    #expect(mkdir(folder.path + "/elsewhere", 0o700) == 0)
    #expect(symlink("elsewhere", folder.path + "/journal") == 0)
    let journal = CommandJournal.test(in: folder.path)
    await #expect(throws: JournalError.self) { try await journal.open() }
    await journal.close()
    #expect(DiskFile.names(folder.path + "/elsewhere").isEmpty)
  }

  // MARK: Bounds

  private static let small = JournalLimits(
    age: 1_000, entries: 40, bytes: 1 << 20, segmentBytes: 64 << 10, segmentEntries: 10, resultBytes: 4 << 10)

  @Test func oldestCommandsAreDroppedAndNotRunAgain() async throws {
    try await journal(limits: Self.small) { journal, _ in
      for number in 1...200 {
        try await journal.record("c\(number)", at: Int64(number))
        journal.markDelivered(JournalKey("c\(number)"))
      }
      #expect(journal.status.entries <= 40)
    }
    #expect(DiskFile.names(folder.path + "/journal").count <= 6)
    try await journal(limits: Self.small) { journal, _ in
      #expect(journal.lookUp("c200", at: 200) == .answered)
      #expect(journal.lookUp("c1", at: 1) == .forgotten)
      #expect(journal.lookUp("new", at: 2) == .forgotten, "it cannot be distinguished from one that ran")
      #expect(journal.lookUp("new", at: 201) == .unknown)
      #expect(journal.lookUp("new", at: nil) == .unknown)
    }
  }

  @Test func sizeIsBounded() async throws {
    var limits = Self.small
    limits.bytes = 256 << 10
    let output = String(repeating: "x", count: 4_000)
    try await journal(limits: limits) { journal, _ in
      for number in 1...300 {
        try await journal.record("c\(number)", output: output, at: Int64(number))
        journal.markDelivered(JournalKey("c\(number)"))
      }
      #expect(journal.status.bytes <= 256 << 10)
    }
    let files = DiskFile.names(folder.path + "/journal").map {
      DiskFile.read("\(folder.path)/journal/\($0)").count
    }
    #expect(files.reduce(0, +) <= 256 << 10)
  }

  @Test func ageIsMeasuredByTheTimesOfCommands() async throws {
    try await journal(limits: Self.small) { journal, _ in
      for number in 1...10 { try await journal.record("old\(number)", at: 10) }
      for number in 1...10 { journal.markDelivered(JournalKey("old\(number)")) }
      for number in 1...12 { try await journal.record("new\(number)", at: 5_000) }
      #expect(journal.lookUp("old1", at: 10) == .forgotten)
      #expect(journal.lookUp("new1", at: 5_000) == .answered)
    }
  }

  /// Such times stem from an agent without this check.
  @Test(arguments: [UnixTime.now * 1_000, .max])
  func timesOfTheFarFutureAreClampedAfterARestart(future: Int64) async throws {
    let now = UnixTime.now
    try await journal(limits: Self.small) { journal, _ in
      journal.register(.test("running", at: .min), to: .test)
      try await journal.start(JournalKey("running"))
      try await journal.record("poison", at: future)
      // The watermark is carried over to the header of another file.
      for number in 1...60 {
        try await journal.record("c\(number)", at: now)
        journal.markDelivered(JournalKey("c\(number)"))
      }
      #expect(journal.lookUp("new", at: now + 10) == .forgotten)
    }
    try await journal(limits: Self.small) { journal, interrupted in
      #expect(journal.lookUp("new", at: now + 60) == .unknown)
      #expect(interrupted.map(\.startedAt) == [0])
      for number in 1...60 {
        try await journal.record("d\(number)", at: now)
        journal.markDelivered(JournalKey("d\(number)"))
      }
      #expect(journal.lookUp("new", at: now + 60) == .unknown)
    }
  }

  @Test func neededRecordsAreCarriedOver() async throws {
    let process = ProcessIdentity(pid: 7, startTicks: 99)
    try await journal(limits: Self.small) { journal, _ in
      journal.register(.test("long", at: 1), to: .test)
      try await journal.start(JournalKey("long"))
      journal.recordProcess(process, of: JournalKey("long"))
      try await journal.record("undelivered", output: "text", at: 2)
      for number in 1...200 {
        try await journal.record("c\(number)", at: Int64(number))
        journal.markDelivered(JournalKey("c\(number)"))
      }
      #expect(journal.takeUndelivered().isEmpty, "it is in flight in either case")
    }
    try await journal(limits: Self.small) { journal, interrupted in
      #expect(interrupted.map(\.commandID) == ["long"])
      #expect(interrupted.first?.processes == [process])
      #expect(journal.takeUndelivered() == [JournalKey("undelivered")])
      #expect(await journal.result(of: JournalKey("undelivered"))?.payload.output == "text")
    }
  }

  @Test func droppedUndeliveredResultsAreCounted() async throws {
    let losses = LossCounter()
    var limits = Self.small
    limits.bytes = 128 << 10
    limits.segmentBytes = 16 << 10
    let output = String(repeating: "x", count: 4_000)
    try await journal(limits: limits, losses: losses) { journal, _ in
      for number in 1...100 { try await journal.record("c\(number)", output: output, at: Int64(number)) }
      #expect(journal.status.bytes <= 192 << 10)
      #expect(losses.value > 0)
      #expect(Int(losses.value) + journal.status.undelivered == 100)
    }
  }

  @Test func journalInMemoryEndsWithTheProcess() async throws {
    let journal = CommandJournal.test(in: nil, limits: Self.small)
    _ = try await journal.open()
    #expect(!journal.isDurable)
    for number in 1...100 {
      try await journal.record("c\(number)", output: "\(number)", at: Int64(number))
      journal.markDelivered(JournalKey("c\(number)"))
    }
    #expect(journal.lookUp("c100", at: 100) == .answered)
    #expect(await journal.result(of: JournalKey("c100"))?.payload.output == "100")
    #expect(journal.lookUp("c1", at: 1) == .forgotten)
    await journal.close()
  }

  @Test func concurrentRequestsShareAWrite() async throws {
    try await journal { journal, _ in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 1...500 { group.addTask { try await journal.record("c\(number)") } }
        try await group.waitForAll()
      }
      #expect(journal.status.entries == 500)
    }
    try await journal { journal, interrupted in
      #expect(interrupted.isEmpty)
      #expect((1...500).allSatisfy { journal.lookUp("c\($0)") == .answered })
    }
  }
}
