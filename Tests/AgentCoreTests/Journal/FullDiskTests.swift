import AgentProtocol
import JSON
import Testing

@testable import AgentCore

@Suite(
  .timeLimit(.minutes(2)), .enabled(if: SmallDisk.isPossible, "only root can mount a small file system"))
struct FullDiskTests {
  private let disk: SmallDisk

  init() throws {
    disk = try SmallDisk(mebibytes: 6)
  }

  @Test func commandsStartOnlyWithFreeSpace() async throws {
    let journal = CommandJournal.test(in: disk.path)
    _ = try await journal.open()
    try await journal.record("before")
    disk.fill()
    // The space that is already reserved may suffice for one.
    var refusal = ""
    for number in 1...5 where refusal.isEmpty {
      journal.register(.test("c\(number)"), to: .test)
      do { try await journal.start(JournalKey("c\(number)")) } catch { refusal = error.description }
    }
    #expect(refusal.contains("No space left"))
    #expect(refusal.contains(disk.path + "/journal"))
    #expect(journal.lookUp("before") == .answered)
    disk.clear()
    try await journal.record("after")
    await journal.close()
    let again = CommandJournal.test(in: disk.path)
    _ = try await again.open()
    #expect(again.lookUp("after") == .answered)
    await again.close()
  }

  @Test func startedCommandHasSpaceForItsResult() async throws {
    let journal = CommandJournal.test(in: disk.path)
    _ = try await journal.open()
    for id in ["a", "b", "c"] {
      journal.register(.test(id), to: .test)
      try await journal.start(JournalKey(id))
    }
    disk.fill()
    let output = String(repeating: "x", count: 1_000_000)
    for id in ["a", "b", "c"] { await journal.end(id, output: output) }
    await journal.close()
    let again = CommandJournal.test(in: disk.path)
    #expect(try await again.open().isEmpty)
    for id in ["a", "b", "c"] {
      #expect(await again.result(of: JournalKey(id))?.payload.output == .string(output))
    }
    await again.close()
  }

  @Test func openingOnAFullDiskIsRetried() async throws {
    disk.fill()
    let journal = CommandJournal.test(in: disk.path)
    await #expect(throws: JournalError.self) {
      _ = try await journal.open()
      try await journal.record("a")
    }
    disk.clear()
    _ = try await journal.open()
    try await journal.record("b")
    await journal.close()
  }

  @Test func unwrittenResultIsReturnedAndKept() async throws {
    let journal = CommandJournal.test(in: disk.path)
    _ = try await journal.open()
    try await journal.record("other")
    disk.fill()
    // They never started, so nothing was reserved for them.
    let results = 3
    let output = String(repeating: "x", count: 1_000_000)
    for number in 1...results {
      journal.register(.test("c\(number)"), to: .test)
      await journal.end("c\(number)", output: output)
      #expect(journal.lookUp("c\(number)") == .answered)
    }
    #expect(await journal.result(of: JournalKey("c\(results)"))?.payload.isTruncated == true)
    disk.clear()
    try await journal.record("later")
    await journal.close()
    let again = CommandJournal.test(in: disk.path)
    _ = try await again.open()
    for number in 1...results { #expect(again.lookUp("c\(number)") == .answered) }
    await again.close()
  }

  /// Leaves a result that could not be written.
  private func leaveUnwritten(_ journal: CommandJournal) async throws {
    _ = try await journal.open()
    try await journal.record("other")
    journal.markDelivered(JournalKey("other"))
    disk.fill()
    journal.register(.test("a"), to: .test)
    let output = String(repeating: "x", count: 4_000)
    // The space that is already reserved takes some.
    for number in 1...700 {
      journal.register(.test("c\(number)"), to: .test)
      await journal.end("c\(number)", output: output)
      journal.markDelivered(JournalKey("c\(number)"))
    }
    await journal.end("a", output: output)
    #expect(journal.lookUp("a") == .answered)
    #expect(journal.status.entries < 702, "everything is on disk")
  }

  @Test func unwrittenResultIsWrittenAtTheEnd() async throws {
    let journal = CommandJournal.test(in: disk.path)
    try await leaveUnwritten(journal)
    disk.clear()
    await journal.close()
    let again = CommandJournal.test(in: disk.path)
    _ = try await again.open()
    #expect(again.lookUp("a") == .answered)
    await again.close()
  }

  @Test func unwrittenResultIsRetriedAtIntervals() async throws {
    var limits = JournalLimits.durable
    limits.retryMilliseconds = 20
    let journal = CommandJournal.test(in: disk.path, limits: limits)
    try await leaveUnwritten(journal)
    let before = journal.status.entries
    disk.clear()
    let limit = ContinuousClock.now + .seconds(60)
    while journal.status.entries == before, ContinuousClock.now < limit { await Task.yield() }
    #expect(journal.status.entries > before)
    await journal.close()
  }

  @Test func unwrittenResultIsSentOnTheNextConnection() async throws {
    let journal = CommandJournal.test(in: disk.path)
    try await leaveUnwritten(journal)
    journal.requeue(JournalKey("a"))
    #expect(journal.takeUndelivered() == [JournalKey("a")])
    journal.requeue(JournalKey("a"))
    disk.clear()
    try await journal.record("later")
    #expect(journal.takeUndelivered() == [JournalKey("a")], "it is on disk, and not in flight")
    await journal.close()
  }
}
